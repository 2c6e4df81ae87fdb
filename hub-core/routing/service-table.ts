/** The table of one service, kept in step with the catalog: rows that changed are written, the rest is left alone. */
import type { CatalogView } from "../common/catalog-view.ts";
import type { Metrics } from "../common/metrics.ts";
import {
  buildCandidateTable,
  type Candidate,
  type CandidateTable,
  candidateOf,
  copyTable,
  sameShape,
  writeRow,
} from "./candidate-table.ts";
import type { LatencyModel, Site } from "./latency-model.ts";

export class ServiceTable {
  readonly #view: CatalogView;
  readonly #service: string;
  readonly #metrics: Metrics;
  readonly #nextRevision: () => number;
  #table: CandidateTable | null = null;
  #version = -1;
  #revision = 0;
  #shape = 0;
  #lent = false;
  #sites: { readonly fingerprint: string; readonly sites: readonly Site[] } | null = null;

  constructor(view: CatalogView, service: string, metrics: Metrics, nextRevision: () => number) {
    this.#nextRevision = nextRevision;
    this.#view = view;
    this.#service = service;
    this.#metrics = metrics;
  }

  /** Null when no cluster offers the service. The same rows until `revision` goes up. */
  current(): CandidateTable | null {
    const { version } = this.#view;
    if (version === this.#version) return this.#table;
    const changed = this.#table === null ? null : this.#changedRows();
    if (changed === null) this.#rebuild();
    else if (changed.size > 0) this.#write(changed);
    this.#version = version;
    return this.#table;
  }

  /** Another after every change to a row; no two tables of a run have the same. */
  get revision(): number {
    return this.#revision;
  }

  /** Another when rows came, went or moved. */
  get shape(): number {
    return this.#shape;
  }

  /** Somebody may still read the rows: the next change is written to a copy. */
  lend(): void {
    this.#lent = true;
  }

  /** The table's places as the model sees them. */
  sites(model: LatencyModel, siteAt: (cell: CandidateTable["sites"][number]) => Site): readonly Site[] {
    if (this.#sites?.fingerprint !== model.fingerprint) {
      this.#sites = { fingerprint: model.fingerprint, sites: this.#table?.sites.map(siteAt) ?? [] };
    }
    return this.#sites.sites;
  }

  /** Null when the changes cannot be told, or not be written in place. */
  #changedRows(): ReadonlyMap<number, Candidate> | null {
    const table = this.#table;
    const ids = table && this.#view.changedSince(this.#version);
    if (!ids) return null;
    const changed = new Map<number, Candidate>();
    for (const id of ids) {
      const row = table.rowOf.get(id);
      const cluster = this.#view.cluster(id);
      const candidate = cluster ? candidateOf(cluster, this.#service) : null;
      if (row === undefined && candidate === null) continue;
      if (row === undefined || candidate === null) return null;
      const held = table.candidates[row] as Candidate;
      if (held.cluster === candidate.cluster) continue;
      if (!sameShape(held, candidate)) return null;
      changed.set(row, candidate);
    }
    return changed;
  }

  #write(changed: ReadonlyMap<number, Candidate>): void {
    if (this.#table === null) return;
    if (this.#lent) this.#table = copyTable(this.#table);
    this.#lent = false;
    for (const [row, candidate] of changed) writeRow(this.#table, row, candidate);
    this.#metrics.count("routing_rows_written_total", changed.size);
    this.#revision = this.#nextRevision();
  }

  #rebuild(): void {
    this.#table = buildCandidateTable(this.#view, this.#service);
    this.#sites = null;
    this.#lent = false;
    this.#metrics.count("routing_rebuilds_total", 1, { of: "table" });
    this.#metrics.count("routing_rows_written_total", this.#table?.size ?? 0);
    this.#revision = this.#nextRevision();
    this.#shape = this.#revision;
  }
}
