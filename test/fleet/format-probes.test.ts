import { expect, it } from 'vitest';
import { formatProbes } from '../../src/fleet/operator/format-probes.ts';
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
    ...{ engines: [], busy: null, waiting: [] },
    checks: [
      { name: 'open-files', level: 'warn', what: `files are few${CLEARS}`, mend: 'ulimit -n 65536' },
      { name: 'ports', level: 'fail', what: 'no port is free' },
    ],
    ...{ unsentBytes: 0, atMs: 0, seenAtMs: 1_000, isPresent: true },
  } as unknown as KnownProbe;
  const shown = formatProbes([probe], 4_000, Number.POSITIVE_INFINITY);
  expect(shown).not.toContain('\u001b');
  expect(shown.split('\n').slice(-3)).toEqual([
    'leeds-1: files are few\\u{1b}[2J -- ulimit -n 65536',
    'leeds-1: fails: no port is free',
    '',
  ]);
  expect(shown).toMatch(/^ {2}leeds-1 .* 4 x Cortex\\u\{1b\}\[2J .* idle +3 s ago$/m);
});
