// What somebody probably meant to write.

/** Returns a hint with the one of `known` that is nearest to `word`, or all of them. */
export function hint(word, known) {
  const max = Math.max(1, Math.floor(word.length / 3));
  const [nearest] = known
    .map((name) => ({ name, distance: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= max)
    .sort((a, b) => a.distance - b.distance);
  if (nearest) return `did you mean ${JSON.stringify(nearest.name)}?`;
  return `there are ${known.join(', ')}`;
}

/** Counts letters to add, remove, replace or swap with their neighbour. */
export function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(row[j - 1] + 1, rows[i - 1][j] + 1, replaced);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}
