/** `mpreg validate-config`: what is wrong with a file, where, and what would be right. */
import type { Command } from "commander";
import {
  type ConfigError,
  type FileKind,
  fileKind,
  formatError,
  parseFederationFile,
  parseNodeFile,
} from "../../../hub-core/config/index.ts";
import { readText, UnusablePath } from "../../local/files.ts";
import { EXIT } from "../errors.ts";
import { print } from "../output.ts";
import { jsonOption } from "../target.ts";
import { NOTHING_SURVIVES, type Survives, survivalLines, survivesOfFederation, survivesOfNode } from "./survives.ts";

interface Verdict extends Survives {
  readonly file: string;
  readonly valid: boolean;
  /** Null: the file could not be read. */
  readonly kind: FileKind | null;
  readonly summary: string;
  readonly errors: readonly ConfigError[];
}

export function validateConfigCommand(command: Command): Command {
  return command
    .argument("[files...]", "files to check")
    .option("--config <file>", "a file to check")
    .addOption(jsonOption())
    .action(async (files: string[], options: { config?: string; json?: boolean }, command: Command) => {
      const all = options.config === undefined ? files : [options.config, ...files];
      if (all.length === 0) command.error("error: name at least one file");
      const verdicts = await Promise.all(all.map(judge));
      print(options.json, verdicts.length === 1 ? verdicts[0] : verdicts, () => verdicts.map(lines).join("\n"));
      if (verdicts.some((verdict) => !verdict.valid)) process.exitCode = EXIT.usage;
    });
}

async function judge(file: string): Promise<Verdict> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (!(error instanceof UnusablePath)) throw error;
    const unread = {
      line: null,
      column: null,
      path: "",
      value: file,
      expected: "a file that can be read",
      message: error.message,
    };
    return { file, valid: false, kind: null, summary: "", errors: [unread], ...NOTHING_SURVIVES };
  }
  const kind = fileKind(text);
  if (kind === "federation") {
    const parsed = parseFederationFile(text, process.env);
    if (!parsed.ok) return { file, valid: false, kind, summary: "", errors: parsed.errors, ...NOTHING_SURVIVES };
    const { name, regions, hubs, clusters } = parsed.value;
    const summary = `federation ${name}: ${regions.length} regions, ${hubs.length} hubs, ${clusters.length} clusters`;
    return { file, valid: true, kind, summary, errors: [], ...survivesOfFederation(parsed.value) };
  }
  const parsed = parseNodeFile(text, process.env);
  if (!parsed.ok) return { file, valid: false, kind, summary: "", errors: parsed.errors, ...NOTHING_SURVIVES };
  const { hub } = parsed.value;
  const summary = `node ${hub.hubId}: ${hub.tier} hub in ${hub.region}`;
  return { file, valid: true, kind, summary, errors: [], ...survivesOfNode(parsed.value) };
}

function lines(verdict: Verdict): string {
  if (verdict.valid) return [`${verdict.file}: ok (${verdict.summary})`, ...survivalLines(verdict)].join("\n");
  const count = verdict.errors.length === 1 ? "1 error" : `${verdict.errors.length} errors`;
  return [...verdict.errors.map((error) => formatError(error, verdict.file)), `${verdict.file}: ${count}`].join("\n");
}
