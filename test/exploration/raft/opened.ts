/**
 * The real machine, with its private fields readable: the source text is changed as it is loaded: privacy, and two constants that are too large for a small
 * machine. So the key of a
 * state holds every field there is, one that is added tomorrow too, and the machine needs no accessor for it. Before anything of
 * hub-core is imported.
 */
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { infect, type Planted } from "../../simulation/mutants/mutant.ts";
import { EPOCH_MS } from "./canonical.ts";

const ROOT = join(import.meta.dirname, "../../..");
const urlOf = (path: string): string => pathToFileURL(join(ROOT, path)).href;
const RAFT = urlOf("hub-core/consensus/raft/");

/** A small machine sends little at once: what takes two appends in a real group must take two here. */
function entriesPerAppend(limit: number): Planted {
  return {
    name: "entries per append",
    file: "hub-core/wire/consensus-messages.ts",
    find: "export const MAX_ENTRIES = 256;",
    replace: `export const MAX_ENTRIES = ${limit};`,
  };
}

/** News of a commit come before the next heartbeat here as they do there. */
const NEWS_SOONER: Planted = {
  name: "news sooner",
  file: "hub-core/consensus/raft/leadership.ts",
  find: "const COMMIT_NEWS_MS = 10;",
  replace: `const COMMIT_NEWS_MS = ${EPOCH_MS / 4};`,
};

export function openRaft(inOneAppend: number, bug: Planted | null): void {
  const changes = [entriesPerAppend(inOneAppend), NEWS_SOONER, ...(bug ? [bug] : [])];
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const here = changes.filter(({ file }) => urlOf(file) === url);
      if (here.length === 0 && !url.startsWith(RAFT)) return loaded;
      if (!loaded.source) throw new Error(`${url} has no source`);
      let source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
      for (const change of here) source = infect(change, source);
      return { ...loaded, source: url.startsWith(RAFT) ? withoutPrivacy(source) : source };
    },
  });
}

/** `#field` becomes `_field`, a name that nothing in these files has. */
function withoutPrivacy(source: string): string {
  return source.replaceAll(/#(?=[a-z])/g, "_");
}
