import { EnvironmentError, UsageError } from '../errors.ts';
import { suggest } from '../scenario/suggest.ts';
import { MOST_CLIENTS } from './addresses.ts';
import type { Draw } from './draw.ts';
import type { FarEndOptions } from './far-end/protocol.ts';
import type { Lab } from './lab.ts';
import { oneOf, type Parameters, type Values, wholeNumber } from './parameters.ts';

/** Parameters of every preset. */
const COMMON = {
  clients: wholeNumber({ help: 'client addresses', fallback: 10, min: 1, max: MOST_CLIENTS }),
  timestamps: clientTimestamps('on'),
};

/**
 * Whether the clients send TCP timestamps: Linux does, Windows does not, and TIME_WAIT uses them to distinguish SYNs.
 */
export function clientTimestamps(fallback: 'on' | 'off') {
  return oneOf(['on', 'off'], { help: "TCP timestamps in the clients' SYNs", fallback });
}

/**
 * What of a lab there is once only, so that two presets that take it cannot be combined: the NAT, the cable to the far side, the
 * behaviour of the far ends, the connections themselves (they end in the firewall: what comes behind it never sees the clients').
 */
export type Place = 'nat' | 'cable' | 'far-end' | 'connections';

type Given<P extends Parameters> = Values<Omit<typeof COMMON, keyof P> & P>;

/** A misbehaviour, one per file. */
export interface PresetSpec<P extends Parameters> {
  readonly name: string;
  /** What the client sees. */
  readonly symptom: string;
  /** Products or settings that behave like this, and the source. */
  readonly mimics: string;
  /** It consists only of firewall rules: another such preset can replace it while the lab is up. */
  readonly isRulesAlone?: true;
  /** A kernel module without which its rules cannot be loaded, if not every common kernel has it. */
  readonly needs?: string;
  /** What it takes for itself; nothing, if absent. */
  readonly takes?: readonly Place[];
  /** What a diagnosis may rightly name, as `id`s of analysis/causes; none: nothing is ill. */
  readonly causes: readonly string[] | ((values: Given<P>) => readonly string[]);
  /**
   * Settings of one trial of the diagnosis, drawn within ranges in which some 50 connections a second meet the fault within a few
   * minutes. What it leaves out keeps its default.
   */
  readonly vary?: (draw: Draw) => { readonly [K in keyof P | keyof typeof COMMON]?: string };
  /** `name:value` sets the first. */
  readonly parameters: P;
  /**
   * Checks parameters against each other.
   * @throws UsageError if they are inconsistent
   */
  readonly check?: (values: Given<P>) => void;
  /** How many ports the NAT has for one destination; undefined: about all there are. */
  readonly natPorts?: (values: Given<P>) => number | undefined;
  /** Options of the embedded far ends that differ from the defaults. */
  readonly farEnd?: (values: Given<P>) => Partial<FarEndOptions>;
  /** Called when namespaces and cables exist, before the far ends start. */
  apply(lab: Lab, values: Given<P>): Promise<void>;
  /** Called when the far end listens, with its process id. */
  readonly disturb?: (lab: Lab, pid: number, values: Given<P>) => Promise<void>;
}

export interface Preset {
  readonly name: string;
  readonly symptom: string;
  readonly mimics: string;
  readonly isRulesAlone: boolean;
  readonly takes: readonly Place[];
  readonly parameters: Parameters;
  /** Settings of one trial of the diagnosis. */
  vary(draw: Draw): Setting[];
  /** @throws UsageError if a setting is unknown or out of range */
  configure(settings: readonly Setting[]): ConfiguredPreset;
}

/** A preset with a value for every parameter. */
export interface ConfiguredPreset {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly clients: number;
  readonly timestamps: 'on' | 'off';
  /** How many ports the NAT has for one destination; undefined: about all there are. */
  readonly natPorts: number | undefined;
  readonly farEnd: Partial<FarEndOptions>;
  readonly takes: readonly Place[];
  /** `id`s of the causes that a diagnosis may rightly name; none: nothing is ill. */
  readonly causes: readonly string[];
  apply(lab: Lab): Promise<void>;
  disturb(lab: Lab, pid: number): Promise<void>;
}

export function definePreset<const P extends Parameters>(spec: PresetSpec<P>): Preset {
  const parameters: Parameters = { ...spec.parameters, ...without(COMMON, Object.keys(spec.parameters)) };
  return {
    name: spec.name,
    symptom: spec.symptom,
    mimics: spec.mimics,
    isRulesAlone: spec.isRulesAlone ?? false,
    takes: spec.takes ?? [],
    parameters,
    vary: (draw) =>
      Object.entries(spec.vary?.(draw) ?? {}).flatMap(([key, value]) =>
        value === undefined ? [] : [{ key, value }],
      ),
    configure(settings) {
      const { values, texts } = readValues(spec.name, parameters, settings);
      const given = values as Given<P> & Values<typeof COMMON>;
      spec.check?.(given);
      return {
        name: spec.name,
        settings: texts,
        clients: given.clients,
        timestamps: given.timestamps,
        natPorts: spec.natPorts?.(given),
        farEnd: spec.farEnd?.(given) ?? {},
        takes: spec.takes ?? [],
        causes: typeof spec.causes === 'function' ? spec.causes(given) : spec.causes,
        apply: (lab) => blameKernel(spec, () => spec.apply(lab, given)),
        disturb: async (lab, pid) => spec.disturb?.(lab, pid, given),
      };
    },
  };
}

/** @throws EnvironmentError that names the module, where a tool failed that needs it */
async function blameKernel(
  { name, needs }: { readonly name: string; readonly needs?: string },
  apply: () => Promise<void>,
): Promise<void> {
  try {
    await apply();
  } catch (error) {
    if (needs === undefined || !(error instanceof EnvironmentError)) throw error;
    throw new EnvironmentError(`Preset ${name} cannot be set up: ${error.message}`, {
      cause: error,
      hint: `it needs the kernel module ${needs}: try modprobe ${needs}; some kernels, of containers and small boards, lack it`,
    });
  }
}

function without(parameters: Parameters, names: readonly string[]): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !names.includes(name)));
}

/** `key=value`, or only a value, for the first parameter. */
export interface Setting {
  readonly key: string | undefined;
  readonly value: string;
}

/** Reads `name`, `name:value` or `name:key=value,...`. */
export function parsePresetArgument(text: string): { name: string; settings: Setting[] } {
  const [name = '', ...rest] = text.split(':');
  const list = rest.join(':');
  return { name, settings: list === '' ? [] : list.split(',').map(parseSetting) };
}

export function parseSetting(text: string): Setting {
  const at = text.indexOf('=');
  if (at < 0) return { key: undefined, value: text.trim() };
  return { key: text.slice(0, at).trim(), value: text.slice(at + 1).trim() };
}

function readValues(preset: string, parameters: Parameters, settings: readonly Setting[]) {
  const values: Record<string, unknown> = {};
  const texts: Record<string, string> = {};
  const put = (name: string, parameter: Parameters[string], value: unknown): void => {
    values[name] = value;
    texts[name] = parameter.format(value);
  };
  for (const [name, parameter] of Object.entries(parameters)) put(name, parameter, parameter.fallback);
  for (const { key, value: text } of settings) {
    const name = key ?? Object.keys(parameters)[0] ?? '';
    const parameter = parameters[name];
    if (parameter === undefined) {
      throw new UsageError(`Preset ${preset} has no parameter "${name}".`, {
        hint: suggest(name, Object.keys(parameters)),
      });
    }
    const value: unknown = parameter.read(text);
    if (value === undefined) {
      throw new UsageError(`Preset ${preset}: ${name}=${text} is out of range.`, {
        hint: `${name} (${parameter.help}) is ${parameter.range}`,
      });
    }
    put(name, parameter, value);
  }
  return { values, texts };
}
