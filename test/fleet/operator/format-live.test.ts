import { expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/fleet/messages.ts';
import { formatLive } from '../../../src/fleet/operator/format-live.ts';
import type { LiveProbe } from '../../../src/fleet/operator/live-run.ts';
import { PROTOCOL } from '../../../src/fleet/protocol.ts';

const common = { v: PROTOCOL, fleetRun: 'one' } as const;
const started: FleetEvent = { ...common, kind: 'started', folder: 'x', startedAtMs: 0 };
const ended: FleetEvent = { ...common, kind: 'ended', status: 'failed' };

function probeOf(probe: string, events: FleetEvent[], isOver: boolean, quietSec = 20): LiveProbe {
  const sums = { started: 0, established: 0, stalled: 0 };
  const part = { probe, labels: {}, events, dir: '' };
  return { part, second: -1, startedPerSec: 0, quietSec, isOver, sums };
}

it('says for whom a run is waited, and why, once nobody sends', () => {
  const left = [
    probeOf('a', [started, ended], false),
    probeOf('b', [started], false),
    probeOf('c', [started, ended], true),
  ];
  const [line] = formatLive(left, 1_000, 2_000, 500);
  expect(line).toMatch(/^0 of 3 .* \| waiting for a \(the rest of its folder\), b \(no word for 20 s\)$/);
  expect(formatLive([...left, probeOf('d', [started], false, 0)], 1_000, 2_000, 500)[0]).not.toContain(
    'waiting',
  );
});
