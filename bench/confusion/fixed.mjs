import { ADDRESSES, PORTS } from '../../dist/lab/addresses.js';
import { readPreset } from '../../dist/lab/presets/index.js';
import { parseDuration } from '../../dist/scenario/units.js';

/** Held for a time that no timer is set to. */
const ODD_HOLD_SEC = 53;

const OTHER_PORT = ['--set', `arms.other-port.target=tcp://${ADDRESSES.far}:${PORTS.secondProxy}`];
const STEADY = ['--duration', '30s'];

/** Source ports of one client, so that all of them together come round after some six seconds. */
const PORTS_OF_ALL = 400;

function reuse({ clients }) {
  const each = Math.max(20, Math.ceil(PORTS_OF_ALL / Number(clients)));
  return [
    ...['nat-recycle', '--duration', '25s', '--rate', '80/s'],
    ...['--set', `arms.stress.source.ports=20000-${20_000 + each - 1}`],
    ...['--set', `arms.reset-control.source.ports=22000-${22_000 + each - 1}`],
  ];
}

/** The scenario that shows a preset's fault, where somebody knows which it is: no session chooses its arms here. */
const TRIALS = {
  'timewait-1s': reuse,
  'timewait-1s-rst-drop': reuse,
  'timewait-1s-lenient': reuse,
  'timewait-60s': reuse,
  'small-nat-pool': ({ ports, t }, rate) => [
    ...['port-exhaustion', '--rate', `${rate}/s`, '--set', 'arms.fill.hold=5s', ...OTHER_PORT],
    ...['--duration', `${Math.min(180, Math.ceil((2 * Number(ports)) / rate) + 2 * (5 + sec(t)) + 15)}s`],
  ],
  'table-limit': ({ limit }, rate) => [
    ...['port-exhaustion', '--rate', `${rate}/s`, '--set', `arms.fill.hold=${ODD_HOLD_SEC}s`, ...OTHER_PORT],
    ...['--duration', `${Math.ceil((2 * Number(limit)) / rate) + ODD_HOLD_SEC + 24}s`],
  ],
  'syn-flood': ({ on, off }) => ['steady', '--duration', `${3 * (sec(on) + sec(off)) + 10}s`],
  'random-loss': (_, rate) => ['loss-check', '--duration', '40s', '--rate', `${rate}/s`],
  'pre-answered': () => [
    ...['closed-port', '--target', `tcp://${ADDRESSES.far}:${PORTS.closed}`, '--duration', '5s'],
  ],
  'idle-cut': ({ age }) => ['hold', '--duration', '5s', '--set', `arms.keep.hold=${sec(age) + 8}s`],
  'idle-forget': ({ age }) => [
    ...['hold', '--duration', `${Math.ceil(1.5 * sec(age))}s`],
    ...['--set', `arms.keep.hold=${Math.ceil(2.5 * sec(age))}s`],
    ...['--set', `arms.keep.prove=[${Math.floor(sec(age) / 2)}s,${Math.ceil(1.75 * sec(age))}s]`],
  ],
  'ef-policer': () => ['steady', ...STEADY, '--rate', '10/s', '--set', 'arms.traffic.socket.tos=184'],
  'mtu-black-hole': () => ['steady', ...STEADY, '--rate', '10/s'],
};

/**
 * Scenario and flags for a cell.
 *
 * @param {import('./types.d.mts').Cell} cell of two presets the first that has a scenario of its own decides
 */
export function fixedRun({ argument, ratePerSec }) {
  const presets = argument.split('+').map((part) => readPreset(part));
  const known = presets.find(({ name }) => TRIALS[name] !== undefined);
  if (known !== undefined) {
    const args = TRIALS[known.name](known.settings, ratePerSec);
    return args.includes('--rate') || !args.includes('steady')
      ? args
      : [...args, '--rate', `${ratePerSec}/s`];
  }
  return ['steady', ...STEADY, '--rate', `${ratePerSec}/s`];
}

function sec(text) {
  return parseDuration(text) / 1_000_000;
}
