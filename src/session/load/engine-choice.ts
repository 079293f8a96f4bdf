import { ENGINE_NAMES, type EngineName } from '../../engine/names.ts';
import { ENGINES } from '../../engine/registry.ts';
import { UsageError } from '../../errors.ts';
import { checkPlatform } from '../../net/link/needs.ts';
import { isLibcAvailable, loadLibc } from '../../net/load.ts';
import type { Arm } from '../../scenario/types.ts';
import type { RunOptions } from '../types.ts';

/**
 * The requested engine, or the first in {@link ENGINES} that this machine has and that can run all arms.
 *
 * @param callsLibc whether this machine can make system calls directly: koffi, an optional package, may be absent
 * @throws UsageError if the requested engine cannot run an arm, or if an arm imitates a client and the requested engine
 * cannot
 * @throws EnvironmentError if this machine does not have the requested engine
 */
export function chooseEngine(
  asked: RunOptions['engine'],
  platform: string,
  arms: readonly Arm[],
  callsLibc: () => boolean = isLibcAvailable,
): EngineName {
  requireImitator(asked, arms);
  requirePackets(asked, arms);
  if (asked === 'auto') {
    const isHere = (name: EngineName): boolean =>
      !ENGINES[name].callsLibc || (platform === 'linux' && callsLibc());
    return ENGINE_NAMES.find(
      (name) => ENGINES[name].isOptIn !== true && whyNot(name, arms) === undefined && isHere(name),
    )!;
  }
  const why = whyNot(asked, arms);
  if (why !== undefined) {
    throw new UsageError(`${why}, which the ${asked} engine cannot do`, {
      hint: `remove --engine ${asked}, or remove the arm`,
    });
  }
  if (asked === 'packet') checkPlatform();
  else if (ENGINES[asked].callsLibc) loadLibc();
  return asked;
}

/** Packets need privileges that no run requests by itself, so `auto` never selects the engine that sends them. */
function requireImitator(asked: RunOptions['engine'], arms: readonly Arm[]): void {
  const arm = arms.find(({ client }) => client !== undefined);
  if (arm === undefined || (asked !== 'auto' && ENGINES[asked].imitatesClients)) return;
  throw new UsageError(`arm ${arm.name}: client: needs --engine packet`, {
    hint: 'add --engine packet (root or CAP_NET_RAW), or remove client: and --client',
  });
}

/** The same for where packets come from, which sockets leave to the system. */
function requirePackets(asked: RunOptions['engine'], arms: readonly Arm[]): void {
  if (asked === 'packet') return;
  for (const { name, source } of arms) {
    const key =
      source?.emulate === true ? 'emulate' : source?.interface === undefined ? undefined : 'interface';
    if (key === undefined) continue;
    throw new UsageError(`arm ${name}: source.${key} needs --engine packet`, {
      hint: `add --engine packet (root or CAP_NET_RAW), or remove ${key}: and --${key}`,
    });
  }
}

/** What an engine cannot do, of the first arm for which there is any; undefined: it can run them all. */
function whyNot(engine: EngineName, arms: readonly Arm[]): string | undefined {
  for (const arm of arms) {
    const why = ENGINES[engine].cannot(arm);
    if (why !== undefined) return `arm ${arm.name} ${why}`;
  }
  return undefined;
}
