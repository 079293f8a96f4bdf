import { UsageError } from '../errors.ts';
import type { ConfiguredPreset } from './preset.ts';

/** Between the presets of a lab that has several: `small-nat-pool:150+random-loss:2%`. */
export const AND = '+';

/** Settings of the whole lab; those of one preset bear its name in a lab with several. */
const OF_THE_LAB = ['clients', 'timestamps'];

/**
 * One lab with the faults of several presets: the rules of each in turn, the most clients of any, and no timestamps if one of them
 * wants none.
 * @throws UsageError if two of them take the same place in the lab
 */
export function combine(presets: readonly ConfiguredPreset[]): ConfiguredPreset {
  const [first, ...more] = presets;
  if (more.length === 0) return first!;
  const why = findObstacle(presets);
  if (why !== undefined) {
    throw new UsageError(`These presets cannot be combined: ${why}.`, {
      hint: 'run each in a lab of its own',
    });
  }
  const clients = Math.max(...presets.map((preset) => preset.clients));
  const timestamps = presets.some((preset) => preset.timestamps === 'off') ? 'off' : 'on';
  const own = presets.flatMap(({ name, settings }) =>
    Object.entries(settings).flatMap(([key, value]) =>
      OF_THE_LAB.includes(key) ? [] : [[`${name}.${key}`, value] as const],
    ),
  );
  return {
    ...{ clients, timestamps, takes: presets.flatMap(({ takes }) => takes) },
    name: presets.map(({ name }) => name).join(AND),
    settings: { ...Object.fromEntries(own), timestamps, clients: String(clients) },
    natPorts: presets.find(({ natPorts }) => natPorts !== undefined)?.natPorts,
    farEnd: Object.assign({}, ...presets.map(({ farEnd }) => farEnd)),
    causes: [...new Set(presets.flatMap(({ causes }) => causes))],
    async apply(lab) {
      for (const preset of presets) await preset.apply(lab);
    },
    async disturb(lab, pid) {
      for (const preset of presets) await preset.disturb(lab, pid);
    },
  };
}

const WORDS = {
  nat: 'set up the NAT',
  cable: 'delay the cable to the far side',
  'far-end': 'change the far side',
  connections: 'end the connections in the firewall',
} as const;

/** Why presets do not go together, in a clause; undefined if they do. */
export function findObstacle(
  presets: readonly Pick<ConfiguredPreset, 'name' | 'takes'>[],
): string | undefined {
  for (const [at, one] of presets.entries()) {
    for (const other of presets.slice(at + 1)) {
      if (one.name === other.name) return `${one.name} is there twice`;
      const shared = one.takes.find((place) => other.takes.includes(place));
      if (shared !== undefined) return `${one.name} and ${other.name} both ${WORDS[shared]}`;
      const whole = [one, other].find(({ takes }) => takes.includes('connections'));
      if (whole !== undefined)
        return `${whole.name} ends the connections in the firewall, so that ${whole === one ? other.name : one.name} would not see the clients`;
    }
  }
  return undefined;
}
