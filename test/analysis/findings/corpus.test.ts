import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/analysis/types.ts';
import { FINDINGS } from '../../../src/scenario/words.ts';
import { CASES } from '../causes/cases.ts';
import { play } from '../causes/world.ts';

/** What every finder says of every synthetic run of the causes, whatever its scenario asks for. */
const CORPUS: readonly (readonly [what: string, arms: readonly string[], findings: readonly Finding[]])[] =
  CASES.map(({ cause, what, loads, path, more }) => {
    const scenario = { ...more?.scenario, findings: [...FINDINGS] };
    const { summary } = play(loads, path(), { ...more, scenario });
    return [`${cause}: ${what}`, loads.map(({ arm }) => arm.name), summary.findings] as const;
  });

/** Guesses at why; "address translation" and the like where a finding says what it could not measure are none. */
const CAUSE_WORDS =
  /\bNATs?\b|firewall|middlebox|flood|defen[cs]e|\bran out\b|run(s|ning)? out|exhaust|overload|congest|\bbusy\b|crash|restart|policer|rate limit|table is full|\bfull\b|blocked|attack|because of|caused? by/i;

describe('of all synthetic runs, a finding', () => {
  it('comes in many kinds, so that the rest means something', () => {
    const kinds = new Set(CORPUS.flatMap(([, , findings]) => findings.map(({ kind }) => kind)));
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        'onset',
        'outage-phases',
        'nat-pool',
        'state-table',
        'knee',
        'reuse-band',
        'cut-age',
      ]),
    );
    expect(kinds.size).toBeGreaterThanOrEqual(9);
  });

  it.each(CORPUS)('says no cause, and when and where it was measured: %s', (_, arms, findings) => {
    for (const finding of findings) {
      const { kind, text, confidence } = finding;
      expect(text, kind).not.toMatch(CAUSE_WORDS);
      if (confidence === 'none') continue;
      expect(arms, kind).toContain(finding.arm);
      // The time that it is about, by the wall clock.
      expect(Date.parse(String(finding['to'])), kind).toBeGreaterThan(Date.parse(String(finding['from'])));
      expect(text, kind).toMatch(/\d/);
    }
  });

  it.each(CORPUS)('stands under the one that explains it, and right after it: %s', (_, __, findings) => {
    findings.forEach(({ under, arm }, index) => {
      if (under === undefined) return;
      const above = findings.slice(0, index).findLast((one) => one.under === undefined);
      expect(above).toMatchObject({ kind: under, arm });
    });
  });
});
