/** More points than this show nothing more on any screen; an hour has exactly as many seconds. */
const MAX_POINTS = 3_600;

/** Seconds per point, so that there are at most {@link MAX_POINTS}. */
export function stepOf(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / MAX_POINTS));
}

/** Each stretch of seconds as its worst one: the highest count, or the lowest. A peak of one second is never lost. */
export function rollUp(values: readonly number[], step: number, worst: 'highest' | 'lowest'): number[] {
  if (step === 1) return [...values];
  const pick = worst === 'highest' ? Math.max : Math.min;
  return Array.from({ length: Math.ceil(values.length / step) }, (_, index) =>
    pick(...values.slice(index * step, (index + 1) * step)),
  );
}

/** Stretches in which a flag is up, `to` excluded. */
export function stretches(flags: readonly boolean[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  flags.forEach((up, index) => {
    const last = found.at(-1);
    if (!up) return;
    if (last !== undefined && last.to === index) last.to = index + 1;
    else found.push({ from: index, to: index + 1 });
  });
  return found;
}

/** Edges of the rows of a table over time: at most `rows` of them, of whole seconds. */
export function tableRows(seconds: number, rows = 30): { from: number; to: number }[] {
  const step = Math.max(1, Math.ceil(seconds / rows));
  return Array.from({ length: Math.ceil(seconds / step) }, (_, index) => ({
    from: index * step,
    to: Math.min(seconds, (index + 1) * step),
  }));
}

export function sumBetween(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += values[index] ?? 0;
  return sum;
}
