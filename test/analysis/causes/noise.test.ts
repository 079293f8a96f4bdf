import { expect, it } from 'vitest';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf, hold, sec } from '../parts.ts';
import { randomOf } from './random.ts';
import { asking, diagnoseIn, type Load, type Path, type Syn } from './world.ts';

/** Runs of random noise; a diagnosis that is led astray once in some hundred would show. */
const WORLDS = 60;

/**
 * Noise that none of the causes makes: each arm, each second and each endpoint has a chance of its own to fail, drawn at random, with
 * what meets a SYN drawn as well.
 */
function noise(seed: number): {
  readonly loads: readonly Load[];
  readonly path: Path;
  readonly isPinged: boolean;
} {
  const random = randomOf(seed);
  const arms = 1 + Math.floor(random() * 3);
  const loads = Array.from({ length: arms }, (_, index): Load => {
    const name = `arm-${index}`;
    const load = hold(10 + Math.floor(random() * 50), 30 + Math.floor(random() * 20));
    const close = (['peer', 'fin', 'reset'] as const)[Math.floor(random() * 3)]!;
    const port = random() < 0.3 ? 3_129 : 3_128;
    const target = { scheme: 'tcp', host: '10.0.0.1', port, path: '' } as const;
    const kind = random();
    const arm: Arm =
      kind < 0.3
        ? armOf({ name, load, close, target, holdUs: sec(2 + Math.floor(random() * 10)) })
        : kind < 0.5
          ? armOf({ name, load, close, target })
          : asking(name, { load, close, target: { ...target, scheme: 'http' } });
    const endpoints = random() < 0.2 ? ['10.0.0.1:3128', '10.0.0.2:3128'] : undefined;
    const ports = random() < 0.4 ? 50 + Math.floor(random() * 500) : undefined;
    return {
      arm,
      ...(endpoints === undefined ? {} : { endpoints }),
      ...(ports === undefined ? {} : { ports }),
    };
  });
  const byArm = loads.map(() => random() ** 3);
  const bySecond = Array.from({ length: 80 }, () => (random() < 0.5 ? random() ** 2 : 0));
  const resets = random() < 0.3 ? random() : 0;
  const lost = random() ** 4;
  const late = random() ** 4;
  const shareOf = ({ arm, atSec }: Syn): number =>
    Math.min(1, byArm[Number(arm.name.slice(4))]! * bySecond[Math.floor(atSec) % 80]! * 2);
  return {
    loads,
    isPinged: random() < 0.5,
    path: {
      syn: (syn) => (random() < shareOf(syn) ? (random() < resets ? 'reset' : 'drop') : 'pass'),
      losesRequest: () => random() < lost * 0.2,
      swallowsRequest: () => random() < late * 0.05,
      firstByteSec: () => 0.002 + random() ** 6 * 8,
      answer: () =>
        random() < 0.7 ? 'silence' : ['rst', 'ack-foreign', 'rst-other-ttl'][Math.floor(random() * 3)]!,
    },
  };
}

it('noise is never named a cause', () => {
  const named: unknown[] = [];
  for (let seed = 1; seed <= WORLDS; seed += 1) {
    const { loads, path, isPinged } = noise(seed);
    const diagnosis = diagnoseIn(loads, path, {
      near: { TcpActiveOpens: 5_000 },
      ...(isPinged
        ? { pings: { '10.0.0.1': { sent: 60, answered: 58, minUs: 300, meanUs: 400, maxUs: 900 } } }
        : {}),
    });
    if (diagnosis.verdict === 'named' || diagnosis.causes.some(({ status }) => status === 'named'))
      named.push({ seed, text: diagnosis.text });
  }
  expect(named).toEqual([]);
});
