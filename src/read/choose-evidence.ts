import type { Evidence } from '../metrics/evidence.ts';
import type { FarAttempt } from '../metrics/far.ts';
import { readFarAttempts } from '../store/far-files.ts';
import { readEvidence } from '../store/read-evidence.ts';

/** Of each series: a stalled attempt for each of so many things that met one. */
const MOST_OF_SERIES = 3;
/** Lines that are looked through: what met nobody in those is seldom. */
const MOST_LINES = 5_000;

const STALLED: ReadonlySet<string> = new Set(['frozen', 'recovered', 'unresolved']);

/** Stalled attempts to be drawn: for each arm the first one of each thing that met their SYNs. */
export async function chooseEvidence(dir: string): Promise<readonly Evidence[]> {
  const chosen = new Map<string, Evidence>();
  const counts = new Map<string, number>();
  let lines = 0;
  for await (const one of readEvidence(dir)) {
    lines += 1;
    if (lines > MOST_LINES) break;
    const { series, kind, met, packets } = one;
    const key = `${series} ${met}`;
    const count = counts.get(series) ?? 0;
    if (!STALLED.has(kind) || packets.length === 0 || chosen.has(key) || count >= MOST_OF_SERIES) continue;
    chosen.set(key, one);
    counts.set(series, count + 1);
  }
  return [...chosen.values()];
}

/** What the far side saw of those attempts, in their order; undefined where it is not known. */
export async function chooseFarEvidence(
  dir: string,
  chosen: readonly Evidence[],
): Promise<readonly (FarAttempt | undefined)[]> {
  const wanted = new Map(chosen.map((one, index) => [keyOf(one), index]));
  const found: (FarAttempt | undefined)[] = chosen.map(() => undefined);
  if (wanted.size === 0) return found;
  let lines = 0;
  for await (const one of readFarAttempts(dir)) {
    lines += 1;
    if (lines > MOST_LINES) break;
    const index = wanted.get(keyOf(one));
    if (index !== undefined) found[index] = one;
  }
  return found;
}

function keyOf({ series, attempt, atUs }: Pick<Evidence, 'series' | 'attempt' | 'atUs'>): string {
  return `${series} ${attempt} ${atUs}`;
}
