/** What befalls a run, drawn by chance: the same for the same seed. */
import { randomOf } from '../../session/faults/script.mjs';

/** From the order to some seconds after the end of the load; the order is ten seconds ahead of it. */
const SPAN_SEC = 25;

/** Each kind with its weight, and for how long it lasts, seconds. */
const KINDS = [
  { kind: 'kill-probe', weight: 2, lasts: [0.2, 4] },
  { kind: 'kill-server', weight: 2, lasts: [0.2, 4] },
  { kind: 'kill-launcher', weight: 1, lasts: [0.2, 4] },
  { kind: 'kill-operator', weight: 1, lasts: [0, 0] },
  { kind: 'cut', weight: 4, lasts: [1, 12] },
  { kind: 'loss', weight: 4, lasts: [3, 12] },
  { kind: 'forget', weight: 3, lasts: [0, 0] },
  { kind: 'repeat', weight: 4, lasts: [0, 0] },
];

/**
 * @param {number} seed
 * @param {readonly string[]} probes
 * @param {number} count
 * @returns the faults of one run, in the order of their times
 */
export function drawFaults(seed, probes, count) {
  const random = randomOf(seed);
  const between = ([least, most]) => least + random() * (most - least);
  const all = KINDS.reduce((sum, { weight }) => sum + weight, 0);
  const drawKind = () => {
    let left = random() * all;
    return KINDS.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
  };
  const faults = Array.from({ length: count }, () => {
    const { kind, lasts } = drawKind();
    return {
      ...{ kind, probe: probes[Math.floor(random() * probes.length)], atSec: random() * SPAN_SEC },
      ...{ lastsSec: between(lasts), random: random() },
    };
  });
  return faults.sort((a, b) => a.atSec - b.atSec);
}
