import type { StoredLog, StoredWrite } from "../../../hub-core/common/outbox.ts";
import type { HubId } from "../../../hub-core/common/types.ts";
import type { RaftMessage } from "../../../hub-core/consensus/raft/index.ts";

/** What a step does to the world; what it stores is there at once. */
export class Recorder {
  #vote: StoredLog["vote"];
  #entries: (StoredLog["entries"][number] & { readonly commit: number })[];
  sent: { readonly to: HubId; readonly message: RaftMessage }[] = [];
  errors: string[] = [];

  constructor({ vote, entries, commit }: StoredLog) {
    this.#vote = vote;
    this.#entries = entries.map((entry) => ({ ...entry, commit }));
  }

  stored(): StoredLog {
    const commit = Math.max(0, ...this.#entries.map((entry) => entry.commit));
    return { vote: this.#vote, snapshot: null, entries: this.#entries, commit };
  }

  clear(): void {
    this.sent = [];
    this.errors = [];
  }

  send(to: HubId, message: { readonly kind: string }): boolean {
    this.sent.push({ to, message: message as RaftMessage });
    return true;
  }

  persist(write: StoredWrite): void {
    switch (write.table) {
      case "raft-vote":
        if (write.value) this.#vote = write.value;
        return;
      case "raft-entry":
        this.#entries = [...this.#entries.filter(({ index }) => index < write.index), write];
        return;
      case "raft-truncate":
        this.#entries = this.#entries.filter(({ index }) => index < write.from);
        return;
      default:
        throw new Error(`Raft stores no ${write.table} here`);
    }
  }

  log(level: string, event: string): void {
    if (level === "error") this.errors.push(event);
  }

  connected(): boolean {
    return true;
  }

  dial(): boolean {
    return false;
  }

  check(): void {}
  notify(): void {}
}
