/** The runtime's configuration, in Cap'n Proto text (workerd.capnp), for one process that serves one worker and its hubs. */

export interface WorkerdConfig {
  /** Unique among the runtimes that share a storage directory; storage is found again by it. */
  readonly storageKey: string;
  /** File of the worker's bundle, relative to the configuration file. */
  readonly bundle: string;
  readonly storageDirectory: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** `host:port` of each socket; the same worker answers on all. */
  readonly listen: readonly string[];
  readonly vars: Readonly<Record<string, string>>;
  /** Names of environment variables that the worker sees as bindings: secrets stay out of the file. */
  readonly secrets: readonly string[];
}

export function workerdConfig(config: WorkerdConfig): string {
  const bindings = [
    `(name = "HUB", durableObjectNamespace = "HubObject")`,
    ...Object.entries(config.vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...config.secrets.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
  ];
  const sockets = config.listen.map((address, i) => {
    return `(name = "s${i}", address = ${text(address)}, http = (), service = "edge")`;
  });
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "storage", disk = (path = ${text(config.storageDirectory)}, writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    ${sockets.join(",\n    ")}
  ],
);

const edge :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed ${text(config.bundle)})],
  compatibilityDate = ${text(config.compatibilityDate)},
  compatibilityFlags = [${config.compatibilityFlags.map(text).join(", ")}],
  durableObjectNamespaces = [(className = "HubObject", uniqueKey = ${text(config.storageKey)}, enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    ${bindings.join(",\n    ")}
  ],
);
`;
}

/** A Cap'n Proto text literal: C-like escapes; bytes beyond ASCII pass as UTF-8. */
export function text(value: string): string {
  let escaped = "";
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '"' || character === "\\") escaped += `\\${character}`;
    else if (character === "\n") escaped += "\\n";
    else if (code < 0x20 || code === 0x7f) escaped += `\\x${code.toString(16).padStart(2, "0")}`;
    else escaped += character;
  }
  return `"${escaped}"`;
}
