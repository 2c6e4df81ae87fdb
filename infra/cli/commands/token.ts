/** `mpreg token`: a token for the API, signed with the key of the planet here, of a node file, or of the environment. */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { formatError, parseNodeFile, type SecurityConfig } from "../../../hub-core/config/index.ts";
import { readFederationState } from "../../local/federation-state.ts";
import { readText } from "../../local/files.ts";
import { loadSecrets } from "../../local/secrets.ts";
import { issueToken, ROLES, type Role } from "../../local/tokens.ts";
import { loadTopology } from "../../local/topology.ts";
import { CommandError, EXIT, usageError } from "../errors.ts";
import { print } from "../output.ts";
import { jsonOption, stateDirOption } from "../target.ts";

interface TokenOptions {
  readonly role: Role;
  readonly subject: string;
  readonly expiresIn?: string;
  readonly config?: string;
  readonly stateDir: string;
  readonly json?: boolean;
}

interface Signing {
  readonly key: string;
  readonly security: Pick<SecurityConfig, "issuer" | "adminRoles" | "operatorRoles" | "tokenExpiryMs">;
}

const HOUR_MS = 3_600_000;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };
/** Of a deployment that says nothing else. */
const DEFAULT_EXPIRY_MS = HOUR_MS;

export function tokenCommand(command: Command): Command {
  return command
    .addOption(new Option("--role <role>", "what it may do").choices(ROLES).default("operator"))
    .option("--subject <name>", "whose token it is, for the audit log", process.env.USER ?? "mpreg")
    .option("--expires-in <time>", "how long it holds: 30m, 12h, 7d (default: 12h, or token_expiry if that is less)")
    .option("--config <file>", "node file whose key signs it")
    .addOption(stateDirOption())
    .addOption(jsonOption())
    .action(async (options: TokenOptions) => {
      const { key, security } = await signing(options);
      const expiresInMs = lifetime(options.expiresIn, security.tokenExpiryMs);
      const token = await issueToken(key, security, { role: options.role, subject: options.subject, expiresInMs });
      const expiresAt = new Date(Date.now() + expiresInMs).toISOString();
      print(options.json, { token, role: options.role, subject: options.subject, expires_at: expiresAt }, () => token);
    });
}

export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS_MS[unit ?? ""] ?? Number.NaN);
  if (ms > 0) return ms;
  throw usageError(`--expires-in ${text}: a number and s, m, h or d, as in 12h`);
}

/** Edges refuse a token that holds for longer than `token_expiry`, so none is issued. */
export function lifetime(asked: string | undefined, longestMs: number): number {
  if (asked === undefined) return Math.min(12 * HOUR_MS, longestMs);
  const ms = duration(asked);
  if (ms <= longestMs) return ms;
  throw usageError(
    `--expires-in ${asked}: at most ${longestMs / 1_000}s, as security.authentication.token_expiry says`,
  );
}

async function signing({ config, stateDir }: TokenOptions): Promise<Signing> {
  if (config !== undefined) {
    const parsed = parseNodeFile(await readText(config), process.env);
    if (!parsed.ok)
      throw new CommandError(parsed.errors.map((error) => formatError(error, config)).join("\n"), EXIT.usage);
    const { security } = parsed.value.settings;
    if (security.secretKey === null)
      throw usageError(`${config} has no security.authentication.secret_key to sign with`);
    return { key: security.secretKey, security };
  }
  const state = await readFederationState(resolve(stateDir));
  if (state) {
    const { security } = (await loadTopology(state.topology)).settings;
    return { key: security.secretKey ?? (await loadSecrets(resolve(stateDir))).userKey, security };
  }
  const key = process.env.JWT_SECRET_KEY;
  if (key) {
    return {
      key,
      security: {
        issuer: "mpreg-federation",
        adminRoles: ["federation_admin"],
        operatorRoles: ["federation_operator"],
        tokenExpiryMs: DEFAULT_EXPIRY_MS,
      },
    };
  }
  throw new CommandError("no key to sign with: start a planet here, or give --config, or set JWT_SECRET_KEY");
}
