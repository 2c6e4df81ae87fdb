/** Optimal string alignment (Damerau 1964): insert, delete, replace, swap neighbours. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

const LONGEST = 128;

/** The known word closest to `word`, when close enough to be a slip: within a third of its length, at least 2. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  const asked = word.slice(0, LONGEST).toLowerCase();
  const within = Math.max(2, Math.floor(asked.length / 3));
  let nearest: string | undefined;
  let distance = within + 1;
  for (const candidate of known) {
    const d = editDistance(asked, candidate.toLowerCase());
    if (d < distance) {
      distance = d;
      nearest = candidate;
    }
  }
  return nearest;
}
