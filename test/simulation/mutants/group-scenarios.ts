/** Command lines of runs with one group, and where its bugs are, for mutants of consensus. */

export const RAFT = "hub-core/consensus/raft";

const CALM = ["--clusters", "2", "--state-writes", "0", "--exactly"];
/** One group of so many hubs under exactly these faults, one every few seconds. */
export const group = (hubs: number, faults: string, minutes = 2): string[] => [
  ...["--group", String(hubs), "--minutes", String(minutes), ...CALM, "--every", "4", "--faults", faults],
];
/** Faults that last, one after the other. */
export const long = (hubs: number, faults: string, minutes: number): string[] => [
  ...["--group", String(hubs), "--minutes", String(minutes), ...CALM, "--faults", faults],
];
export const LEADERS = "leader-isolation,freeze,crash";
export const FRAMES = "loss,duplication,reordering";
