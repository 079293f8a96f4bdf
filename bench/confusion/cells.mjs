import { findObstacle } from '../../dist/lab/combine.js';
import { PRESETS, readPreset } from '../../dist/lab/presets/index.js';
import { createRandom, seedOf } from '../../dist/random.js';
import { createDraw } from './draw.mjs';

/**
 * The cells of the matrix: each preset, and each pair that one lab can have, with settings that its seed draws.
 *
 * @param {{ seeds: number, firstSeed?: number, wants?: (label: string, isPair: boolean) => boolean }} which
 * @returns {import('./types.d.mts').Cell[]} all single ones of a seed before those of the next; then pairs in the same order
 */
export function listCells({ seeds, firstSeed = 1, wants = () => true }) {
  const singles = PRESETS.map((preset) => [preset]);
  const pairs = listPairs().flatMap(({ presets, why }) => (why === undefined ? [presets] : []));
  return [singles, pairs].flatMap((groups) =>
    Array.from({ length: seeds }, (_, index) => firstSeed + index).flatMap((seed) =>
      groups
        .filter((presets) => wants(labelOf(presets), presets.length > 1))
        .map((presets) => drawCell(presets, seed)),
    ),
  );
}

/**
 * Every two presets, and why they are not tried together, if they are not.
 *
 * @returns {{ label: string, presets: import('../../src/lab/preset.ts').Preset[], why?: string }[]}
 */
export function listPairs(presets = PRESETS) {
  return presets.flatMap((one, index) =>
    presets.slice(index + 1).map((other) => {
      const both = [one, other];
      return { label: labelOf(both), presets: both, why: findObstacle(both) ?? findDependence(both) };
    }),
  );
}

function findDependence([one, other]) {
  const [a, b] = [one, other].map((preset) => preset.configure([]).causes);
  const shared = a.find((id) => b.includes(id));
  if (shared !== undefined) return `both are ${shared}`;
  const idle = [one, other].find((preset) => preset.name === 'healthy');
  return idle === undefined ? undefined : `${idle.name} changes nothing`;
}

function labelOf(presets) {
  return presets.map(({ name }) => name).join('+');
}

/** Of so many client addresses one is as likely as forty. */
const CLIENTS = [1, 2, 5, 10, 20, 40];

function drawCell(presets, seed) {
  const label = labelOf(presets);
  const draw = createDraw(createRandom(seedOf(`${label} ${seed}`)));
  const clients = draw.pick(CLIENTS);
  const argument = presets
    .map((preset) => {
      const settings = [{ key: 'clients', value: String(clients) }, ...preset.vary(draw)];
      return `${preset.name}:${settings.map(({ key, value }) => `${key}=${value}`).join(',')}`;
    })
    .join('+');
  const { causes } = readPreset(argument);
  return { id: `${label} #${seed}`, label, seed, argument, causes, ratePerSec: draw.whole(35, 60) };
}
