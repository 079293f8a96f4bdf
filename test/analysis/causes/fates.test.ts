import { describe, expect, it } from 'vitest';
import { fatesOf } from '../../../src/analysis/causes/judgements.ts';
import { listSymptoms } from '../../../src/analysis/observations/symptoms.ts';
import type { Observations } from '../../../src/analysis/observations/types.ts';
import { readCell } from './read-cell.ts';

/** A run in a lab whose SYN-ACKs are lost, captured on both sides. */
const seen: Observations = { ...readCell('loss-towards-here'), generatorLimited: false };
const symptom = listSymptoms(seen).find(({ kind }) => kind === 'stalled')!;

function withFates(fates: (name: string) => object): Observations {
  const series = Object.fromEntries(
    Object.entries(seen.both!.series).map(([name, one]) => [name, { ...one, fates: fates(name) }]),
  );
  return { ...seen, both: { ...seen.both!, series } };
}

describe('what both sides saw of the SYNs of an arm', () => {
  const lost = (count: number) => ({ recovered: { 'syn-ack-lost': count } });

  it('is its own where enough of them were matched', () => {
    const found = fatesOf(
      symptom,
      withFates((name) => lost(name === symptom.arm.name ? 5 : 100)),
    );
    expect(found?.matched).toBe(5);
  });

  it('is that of all arms to the same endpoint where hardly any were', () => {
    const some = withFates((name) =>
      name === symptom.arm.name
        ? { frozen: { unanswered: 1 } }
        : name.startsWith('closed')
          ? lost(1_000)
          : lost(2),
    );
    const found = fatesOf(symptom, some)!;
    // Ports on which nothing listens are other endpoints.
    expect(found.counts.get('unanswered')).toBe(1);
    expect(found.counts.get('syn-ack-lost')).toBe(found.matched - 1);
    expect(found.matched).toBeGreaterThan(5);
    expect(found.matched).toBeLessThan(1_000);
  });

  it('is not known where all of them together are few', () => {
    expect(
      fatesOf(
        symptom,
        withFates((name) => (name === symptom.arm.name ? lost(4) : {})),
      ),
    ).toBeUndefined();
    expect(fatesOf(symptom, { ...seen, both: undefined })).toBeUndefined();
  });
});
