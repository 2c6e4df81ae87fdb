/** The list of operations as one page, complete in itself: it loads nothing from anywhere. */

/** What the page uses of an OpenAPI document. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string | undefined };
  readonly paths?: Readonly<Record<string, object>> | undefined;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly secured: boolean;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly about: string;
  }[];
  readonly responses: readonly { readonly status: string; readonly about: string }[];
}

const METHODS = ["get", "put", "post", "delete", "patch"];

export function renderDocs(document: ApiDocument): string {
  const byTag = new Map<string, Operation[]>();
  for (const operation of operationsOf(document)) {
    byTag.set(operation.tag, [...(byTag.get(operation.tag) ?? []), operation]);
  }
  const sections = [...byTag].map(
    ([tag, operations]) => `<h2>${escapeHtml(tag)}</h2>${operations.map(render).join("")}`,
  );
  const { title, version, description } = document.info;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)} <small>${escapeHtml(version)}</small></h1>
<p>${escapeHtml(description ?? "")}</p><p>The full reference is <a href="/openapi.json">openapi.json</a>.</p>
${sections.join("\n")}
</body></html>
`;
}

function operationsOf(document: ApiDocument): Operation[] {
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of METHODS) {
      const described: unknown = Reflect.get(item, method);
      if (isRecord(described)) operations.push(operationOf(method, path, described));
    }
  }
  return operations;
}

function operationOf(method: string, path: string, described: Record<string, unknown>): Operation {
  const tags = Array.isArray(described.tags) ? described.tags : [];
  const parameters = Array.isArray(described.parameters) ? described.parameters.filter(isRecord) : [];
  const responses = isRecord(described.responses) ? described.responses : {};
  return {
    method: method.toUpperCase(),
    path,
    tag: String(tags[0] ?? "Other"),
    summary: String(described.summary ?? ""),
    secured: Array.isArray(described.security) && described.security.length > 0,
    parameters: parameters.map((parameter) => ({
      name: String(parameter.name),
      in: String(parameter.in),
      required: parameter.required === true,
      about: String(
        (isRecord(parameter.schema) ? parameter.schema.description : undefined) ?? parameter.description ?? "",
      ),
    })),
    responses: Object.entries(responses).map(([status, response]) => ({
      status,
      about: isRecord(response) ? String(response.description ?? "") : "",
    })),
  };
}

function render(operation: Operation): string {
  const parameters = operation.parameters.map(
    ({ name, in: where, required, about }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${escapeHtml(where)}${required ? ", required" : ""}</td><td>${escapeHtml(about)}</td></tr>`,
  );
  const responses = operation.responses.map(
    ({ status, about }) => `<tr><td><code>${escapeHtml(status)}</code></td><td></td><td>${escapeHtml(about)}</td></tr>`,
  );
  const lock = operation.secured ? ' <span class="token">token</span>' : "";
  return `<details><summary><b>${escapeHtml(operation.method)}</b> <code>${escapeHtml(operation.path)}</code>${lock} ${escapeHtml(operation.summary)}</summary>
<table>${parameters.join("")}${responses.join("")}</table></details>`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 small { font-weight: normal; opacity: .6; } h2 { margin-top: 2rem; font-size: 1.1rem; }
details { border-top: 1px solid #8884; padding: .4rem 0; } summary { cursor: pointer; }
summary b { display: inline-block; width: 4.5rem; } table { margin: .5rem 0 .5rem 4.5rem; border-spacing: 0; }
td { padding: .1rem 1rem .1rem 0; vertical-align: top; } .token { border: 1px solid #8888; border-radius: .3rem; padding: 0 .3rem; font-size: .8rem; }
`;
