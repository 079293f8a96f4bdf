import { beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/analysis/causes/diagnosis.ts';
import type { CauseId } from '../../src/analysis/causes/index.ts';
import { ADDRESSES } from '../../src/lab/addresses.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { measureIn } from './measure.ts';

/** A firewall on a real kernel, what is run through it, and the cause that it has. */
interface Cell {
  readonly preset: string;
  readonly scenario: string;
  readonly args: readonly string[];
  /** Undefined: nothing is ill. */
  readonly cause: CauseId | undefined;
}

const FAR = ADDRESSES.far;
const SHORT = ['--duration', '18s', '--rate', '40/s'] as const;
const OTHER_PORT = ['--set', 'arms.other-port.target=tcp://{proxy2}'] as const;

/** Waves, as all at once would be too much for a small machine. */
const WAVES: readonly (readonly Cell[])[] = [
  [
    { preset: 'healthy', scenario: 'steady', args: SHORT, cause: undefined },
    { preset: 'latency:200ms', scenario: 'steady', args: SHORT, cause: undefined },
    {
      ...{ preset: 'timewait-1s:timestamps=off', scenario: 'nat-recycle', cause: 'early-reuse' },
      args: [
        ...['--duration', '25s', '--rate', '80/s', '--set', 'arms.stress.source.ports=20000-20039'],
        ...['--set', 'arms.reset-control.source.ports=22000-22039'],
      ],
    },
    {
      ...{ preset: 'small-nat-pool:80,t=6s', scenario: 'port-exhaustion', cause: 'nat-ports' },
      args: ['--duration', '45s', '--rate', '50/s', '--set', 'arms.fill.hold=5s', ...OTHER_PORT],
    },
    {
      ...{ preset: 'table-limit:50', scenario: 'port-exhaustion', cause: 'open-limit' },
      args: ['--duration', '78s', '--rate', '30/s', '--set', 'arms.fill.hold=53s', ...OTHER_PORT],
    },
  ],
  [
    { preset: 'syn-rate-limit:20', scenario: 'steady', args: SHORT, cause: 'rate-limit' },
    {
      ...{ preset: 'syn-flood:high=30,low=10,on=6s,off=4s', scenario: 'steady', cause: 'syn-flood-defence' },
      args: ['--duration', '40s', '--rate', '50/s'],
    },
    {
      ...{ preset: 'random-loss:5%', scenario: 'loss-check', cause: 'loss' },
      args: ['--duration', '30s', '--rate', '60/s'],
    },
    { preset: 'slow-far-end', scenario: 'steady', args: SHORT, cause: 'accept-queue' },
    { preset: 'fail-open-5s:10%', scenario: 'steady', args: SHORT, cause: 'fixed-wait' },
  ],
  [
    {
      ...{ preset: 'pre-answered', scenario: 'closed-port', cause: 'pre-answered' },
      args: ['--target', 'tcp://{far}:9', '--duration', '5s'],
    },
    {
      ...{ preset: 'idle-cut:8s', scenario: 'hold', cause: 'age-limit' },
      args: ['--duration', '5s', '--set', 'arms.keep.hold=15s'],
    },
    {
      ...{ preset: 'idle-forget:8s', scenario: 'hold', cause: 'idle-forgotten' },
      args: ['--duration', '12s', '--set', 'arms.keep.hold=20s', '--set', 'arms.keep.prove=[4s,14s]'],
    },
    {
      preset: 'mtu-black-hole',
      scenario: 'steady',
      args: ['--duration', '15s', '--rate', '10/s'],
      cause: 'mtu-black-hole',
    },
    {
      ...{ preset: 'ef-policer', scenario: 'steady', cause: 'dscp-policer' },
      args: ['--duration', '15s', '--rate', '10/s', '--set', 'arms.traffic.socket.tos=184'],
    },
  ],
];

suiteNeeding(
  'what a diagnosis says of each firewall of the lab',
  ['linux', 'root', 'netns', 'ip', 'nft'],
  () => {
    const diagnoses = new Map<string, Diagnosis>();

    beforeAll(async () => {
      for (const wave of WAVES)
        await Promise.all(
          wave.map(async ({ preset, scenario, args }) => {
            const filled = args.map((arg) => arg.replace('{far}', FAR));
            const { diagnosis } = await measureIn(preset, scenario, ...filled);
            diagnoses.set(preset, diagnosis!);
          }),
        );
    }, 500_000);

    describe.each(WAVES.flat())('$preset', ({ preset, cause }) => {
      it(cause === undefined ? 'is not called ill' : `is named ${cause}, or nothing`, () => {
        const diagnosis = diagnoses.get(preset)!;
        const named = diagnosis.causes.filter(({ status }) => status === 'named').map(({ id }) => id);
        if (diagnosis.verdict === 'none') {
          // A busy machine is its own bottleneck: it says so, and names nothing.
          expect(diagnosis.text).toMatch(/this machine/);
          expect(named).toEqual([]);
        } else if (cause === undefined) expect(diagnosis.verdict, diagnosis.text).toBe('healthy');
        else {
          expect(
            named.filter((id) => id !== cause),
            diagnosis.text,
          ).toEqual([]);
          const status = diagnosis.causes.find(({ id }) => id === cause)?.status;
          expect(['named', 'possible'], diagnosis.text).toContain(status);
        }
      });
    });
  },
);
