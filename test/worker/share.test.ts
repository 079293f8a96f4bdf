import { expect, it } from 'vitest';
import { createPacer } from '../../src/plan/pacer.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { cursorOf, pacerOf } from '../../src/worker/arm-plan.ts';
import type { PlannedArm, ShardPlan } from '../../src/worker/protocol.ts';

const text = `schema: 1
target: tcp://192.0.2.1:80
arms:
  one:
    via: tcp
    load:
      - ramp: { from: 0/s, to: 7/s, for: 3s }
      - hold: { rate: 7/s, for: 5s }
`;

it('machines that share a load make each of its attempts once, at the times of one machine with all of it', () => {
  const [arm] = parseScenario(text, 'shared').arms;
  const planned = { arm, endpoints: [], sources: [] } as unknown as PlannedArm;
  const whole = createPacer({
    kind: 'open',
    phases: [
      { kind: 'ramp', fromPerSec: 0, toPerSec: 21, forUs: 3_000_000 },
      { kind: 'hold', ratePerSec: 21, forUs: 5_000_000 },
    ],
  });
  const made: { attempt: number; atUs: number }[] = [];
  for (const machine of [0, 1, 2]) {
    for (const worker of [0, 1]) {
      const share = { index: machine, count: 3 };
      const plan = { index: worker, count: 2, share } as ShardPlan;
      const cursor = cursorOf(pacerOf(planned, share)!, plan);
      for (; cursor.atUs < Infinity; cursor.advance())
        made.push({ attempt: cursor.attempt, atUs: cursor.atUs });
    }
  }
  made.sort((a, b) => a.attempt - b.attempt);
  expect(made).toEqual(
    Array.from({ length: whole.total }, (_, attempt) => ({ attempt, atUs: whole.intendedAtUs(attempt) })),
  );
  // Three times what one of them would make of its own load.
  expect(whole.total).toBe(Math.ceil(3 * (10.5 + 35)));
});
