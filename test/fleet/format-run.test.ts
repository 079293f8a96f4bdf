import { expect, it } from 'vitest';
import type { FleetRun, ProbePart } from '../../src/fleet/operator/fleet-run.ts';
import { formatProbes, formatRun } from '../../src/fleet/operator/format-run.ts';
import type { KnownProbe } from '../../src/fleet/operator/read-probes.ts';

const CLEARS = '\u001b[2J';

it('shows what a probe says of itself without its effect on a terminal', () => {
  const probe = {
    ...{ v: 1, probe: 'leeds-1', version: `0.2.0${CLEARS}`, labels: { site: `leeds${CLEARS}` } },
    host: {
      ...{
        hostname: 'leeds',
        arch: 'arm64',
        kernel: '6.1',
        node: '20.19.0',
        cpu: `Cortex${CLEARS}`,
        cpus: 4,
      },
      ...{ memoryBytes: 1, addresses: [`10.0.0.1${CLEARS}`] },
    },
    ...{ engines: [], busy: null, unsentBytes: 0, atMs: 0, seenAtMs: 1_000, isPresent: true },
  } as unknown as KnownProbe;
  const shown = formatProbes([probe], 4_000, Number.POSITIVE_INFINITY);
  expect(shown).not.toContain('\u001b');
  expect(shown).toMatch(/^ {2}leeds-1 .* 4 x Cortex\\u\{1b\}\[2J .* idle +3 s ago$/m);
});

it('shows why a probe refused without the effect of its words', () => {
  const part: ProbePart = {
    ...{ probe: 'leeds-1', labels: {}, dir: '/nowhere' },
    events: [{ v: 1, kind: 'refused', fleetRun: 'run', reasons: [`because${CLEARS}`] }],
  };
  const run: FleetRun = { id: 'run', startsAtMs: 0, parts: [part] };
  const shown = formatRun(run, [part], Number.POSITIVE_INFINITY);
  expect(shown).toMatch(/^ {2}leeds-1 +refused$/m);
  expect(shown).toContain('leeds-1 refused: because\\u{1b}[2J\n');
  expect(shown).not.toContain('\u001b');
});
