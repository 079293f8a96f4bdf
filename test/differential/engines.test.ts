import { expect, it } from 'vitest';
import { createPortableEngine } from '../../src/engine/portable/engine.ts';
import { createRawEngine } from '../../src/engine/raw/engine.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import type { Answer } from './acts.ts';
import { type Played, playActs } from './play-acts.ts';

/** By hand: RUSHHOUR_FUZZ=100000, and RUSHHOUR_FUZZ_SEED for others than those of everyday. */
const RESPONSES = Number(process.env['RUSHHOUR_FUZZ'] ?? 2_000);
const FIRST_SEED = Number(process.env['RUSHHOUR_FUZZ_SEED'] ?? 1);
const PER_SEED = 2_000;
const SEEDS = Array.from({ length: Math.ceil(RESPONSES / PER_SEED) }, (_, index) => FIRST_SEED + index);

/** What two engines, given the same far end, do not agree on; with what it said. */
function differences(one: Played, other: Played): string[] {
  return [...one.told].flatMap(([key, told]) => {
    const others = other.told.get(key) ?? [];
    if (told.join(', ') === others.join(', ')) return [];
    const [arm = '', attempt = ''] = key.split('/');
    const act = one.acts.get(arm)?.[Number(attempt)];
    const said = [act?.plain, act?.authorised]
      .map((answer) => (answer ? formatAnswer(answer) : ''))
      .join('\n  then ');
    return [`${key}: ${told.join(', ')} | ${others.join(', ')}\n  ${said}`];
  });
}

function formatAnswer({ pieces, ending }: Answer): string {
  const said = pieces.map((piece) => JSON.stringify(piece.toString('latin1').slice(0, 400)));
  return `${said.join(' ')} ${ending}`;
}

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, count) => all + count, 0);

suiteNeeding('two engines and one far end that says anything', ['linux'], () => {
  it.each(SEEDS)('come to the same outcomes and the same counts, seed %i', async (seed) => {
    const raw = await playActs(createRawEngine, seed, PER_SEED);
    const portable = await playActs(createPortableEngine, seed, PER_SEED);
    expect(differences(raw, portable)).toEqual([]);
    expect(raw.counts).toEqual(portable.counts);
    for (const counts of Object.values(raw.counts)) {
      expect(counts.scheduled).toBe(counts.started + counts.unsent);
      expect(counts.scheduled).toBe(sum(counts.outcomes));
    }
    // A far end that is always understood, or never, would show nothing.
    const outcomes = Object.values(raw.counts).flatMap(({ outcomes }) => Object.keys(outcomes));
    expect(new Set(outcomes).size).toBeGreaterThan(8);
  });
});
