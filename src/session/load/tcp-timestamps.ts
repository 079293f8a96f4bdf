import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import type { Switch } from '../../scenario/words.ts';
import { lockInNamespace } from './namespace-lock.ts';
import { changeSetting } from './namespace-setting.ts';

/** 0: off; 1: on, with a random offset for each connection; 2: on, without (ip-sysctl.rst). */
const SETTING = '/proc/sys/net/ipv4/tcp_timestamps';

const LOCK = 'rushhour-tcp-timestamps';

/**
 * Switches TCP timestamps of this network namespace on or off. A separate process restores them, however this one ends,
 * including by kill -9. Only one run at a time may do this, even if there is nothing to change: another would change
 * the setting during the run, or take the run's value for the original one.
 * @returns a function that restores the setting and waits until it is restored
 * @throws EnvironmentError if it cannot be changed, or if another run has done this
 */
export async function setTcpTimestamps(wanted: Switch): Promise<() => Promise<void>> {
  readSetting();
  const unlock = await lockInNamespace(LOCK);
  if (unlock === undefined) throw isTaken(wanted);
  try {
    const restore = await change(readSetting(), wanted);
    return () => restore().finally(unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function change(before: string, wanted: Switch): Promise<() => Promise<void>> {
  if ((before !== '0') === (wanted === 'on')) return async () => undefined;
  try {
    return await changeSetting(SETTING, before, wanted === 'on' ? '1' : '0');
  } catch (cause) {
    throw refusal(wanted, cause);
  }
}

function readSetting(): string {
  try {
    return readFileSync(SETTING, 'utf8').trim();
  } catch (cause) {
    throw new EnvironmentError(`TCP timestamps cannot be switched on this system (no ${SETTING})`, {
      hint: 'remove --tcp-timestamps (tcpTimestamps in the scenario); only Linux has this setting',
      cause,
    });
  }
}

function isTaken(wanted: Switch): EnvironmentError {
  return new EnvironmentError(
    `TCP timestamps cannot be set ${wanted}: another run in this network namespace has set them for its duration`,
    { hint: 'wait until it has ended, or start this run in another network namespace' },
  );
}

function refusal(wanted: Switch, cause: unknown): EnvironmentError {
  const value = wanted === 'on' ? 1 : 0;
  return new EnvironmentError(`TCP timestamps cannot be switched ${wanted}: ${(cause as Error).message}`, {
    hint: `run as root, or set it yourself (sudo sysctl -w net.ipv4.tcp_timestamps=${value}) and remove --tcp-timestamps`,
    cause,
  });
}
