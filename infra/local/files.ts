/** Files and directories that a user named: what is wrong with one is said in a line, with what to do. */
import { access, chmod, constants, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** The user's to mend: never worth a stack trace. */
export class UnusablePath extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left",
  ENOENT: "the file system there takes no directories",
  ENOTDIR: "a part of its path is a file",
  ELOOP: "its links go in circles",
  ENAMETOOLONG: "its name is too long",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function reasonOf(error: unknown): string {
  return REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Parent by parent, as Node's own recursion never ends where a file system takes no directories (/proc). `advice` is what the
 * user can do about it.
 */
export async function makeDirectory(path: string, advice = ""): Promise<void> {
  const refuse = (reason: string): UnusablePath => new UnusablePath(`the directory ${path} ${reason}${advice}`);
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await kindOf(at).catch((error: unknown) => {
      throw refuse(`cannot be used: ${at}: ${reasonOf(error)}`);
    });
    if (found === "file") throw refuse(`cannot be used: ${at} is a file`);
    if (found === "directory" || at === dirname(at)) break;
    missing.push(at);
  }
  for (const next of missing.reverse()) {
    try {
      await mkdir(next, { mode: 0o700 });
    } catch (error) {
      // Another process may have made it meanwhile.
      if (codeOf(error) !== "EEXIST") throw refuse(`cannot be made: ${reasonOf(error)}`);
    }
  }
}

async function kindOf(path: string): Promise<"file" | "directory" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "directory" : "file";
  } catch (error) {
    // Something above it is a file: that is found on the way up.
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return "nothing";
    throw error;
  }
}

/** Made where it is missing, and ours to write in. */
export async function useStateDirectory(stateDir: string): Promise<void> {
  const advice = ": name another with --state-dir";
  await makeDirectory(stateDir, advice);
  try {
    await access(stateDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UnusablePath(`the directory ${stateDir} cannot be used: ${reasonOf(error)}${advice}`);
  }
}

/** A file that the user named. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") throw new UnusablePath(`there is no file ${file}`);
    if (code === "EISDIR") throw new UnusablePath(`${file} is a directory, not a file`);
    throw new UnusablePath(`${file} cannot be read: ${reasonOf(error)}`);
  }
}

/** A file that this program wrote; null when it is not there. */
export async function readJson<T>(file: string): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return null;
    throw new UnusablePath(`${file} cannot be read: ${reasonOf(error)}`);
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new UnusablePath(`${file} is not JSON: remove it, or name another directory with --state-dir`);
  }
}

/** Whole or not at all, and for its owner only: these files hold keys. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await makeDirectory(dirname(file));
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}
