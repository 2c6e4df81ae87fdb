/** A line of the source, and what it becomes. */
export interface Planted {
  /** What the hub does wrong. */
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Must stand in the file exactly once, so that a mutant that no longer applies is noticed. */
  readonly find: string;
  readonly replace: string;
}

/** One seeded protocol bug, and how the simulator finds it. */
export interface Mutant extends Planted {
  /** The command line of a run that should notice. */
  readonly scenario: readonly string[];
  /** It must be caught by one of the seeds 1 to this. */
  readonly withinSeeds: number;
}

/** The source with the bug in it. */
export function infect(mutant: Planted, source: string): string {
  const parts = source.split(mutant.find);
  if (parts.length !== 2)
    throw new Error(`${mutant.name}: its line stands ${parts.length - 1} times in ${mutant.file}`);
  return parts.join(mutant.replace);
}
