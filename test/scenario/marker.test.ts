import { describe, expect, it } from 'vitest';
import type { RunFacts } from '../../src/analysis/compare/comparable.ts';
import { checkComparable } from '../../src/analysis/compare/comparable.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { redactScenario, secretsOf } from '../../src/scenario/secret-places.ts';

const scenario = (via: string, marker = '') => `schema: 1
proxy: proxy.example:3128
target: http://www.example.org/
${marker}
arms: { only: { via: ${via}, load: { concurrency: 1, attempts: 1 } } }
`;

describe('a marker', () => {
  it('goes with each arm that sends requests, from the scenario or a flag, and is no secret', () => {
    const written = parseScenario(scenario('proxy', 'marker: ticket-1'), 'mine');
    expect([written.marker, written.arms[0]?.marker]).toEqual(['ticket-1', 'ticket-1']);
    const flagged = parseScenario(scenario('proxy', 'marker: ticket-1'), 'mine', { marker: 'ticket-2' });
    expect(flagged.arms[0]?.marker).toBe('ticket-2');
    expect(redactScenario(flagged)).toEqual(flagged);
    expect(secretsOf(flagged)).toEqual([]);
  });

  it('is refused if no arm sends a request, and if it is none', () => {
    const tcp = scenario('tcp').replace('http://www.example.org/', 'tcp://192.0.2.1:80');
    expect(() => parseScenario(tcp, 'mine', { marker: 'ticket-2' })).toThrow(
      /--marker: no arm sends a request that could carry it/,
    );
    for (const bad of ['abc', 'a b c d', 'line\nfeed', 'ümlaut', `x${'y'.repeat(64)}`])
      expect(() => parseScenario(scenario('proxy'), 'mine', { marker: bad })).toThrow(
        /is not a valid marker/,
      );
  });

  it('keeps two runs comparable', () => {
    const facts = (id: string, marker: string) =>
      ({
        run: {
          id,
          engine: 'raw',
          status: 'complete',
          startedAt: '2025-01-31T06:00:00Z',
          endedAt: '2025-01-31T06:01:00Z',
        },
        scenario: parseScenario(scenario('proxy', `marker: ${marker}`), 'mine'),
        ...{ workers: 1, versions: {}, host: {}, generatorLimited: false, reasons: [] },
      }) as unknown as RunFacts;
    expect(checkComparable([facts('a', 'ticket-1')], [facts('b', 'ticket-2')]).refusals).toEqual([]);
  });
});
