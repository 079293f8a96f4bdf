import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { EnvironmentError } from '../errors.ts';
import type { Switch } from '../scenario/words.ts';
import { lockInNamespace } from './namespace-lock.ts';

/** 0: off; 1: on, with a random offset for each connection; 2: on, without (ip-sysctl.rst). */
const SETTING = '/proc/sys/net/ipv4/tcp_timestamps';

/**
 * Waits until its standard input ends, by a close or by its writer's death, and writes the setting back. A shell, as it
 * costs little; deaf to the signals that a terminal sends to everybody.
 */
const WATCHER = `trap "" INT TERM HUP QUIT; while read -r _; do :; done; printf %s "$1" > ${SETTING}`;

const LOCK = 'rushhour-tcp-timestamps';

/**
 * Switches TCP timestamps of this network namespace on or off. What puts them back is a process of its own, which does so
 * however this one ends, by kill -9 too. One run at a time may ask for it, also where there is nothing to change: another
 * would change them under its hands, or take what it set for what was there before.
 * @returns what puts the setting back and waits until it is
 * @throws EnvironmentError where it cannot be changed, or where another run has asked for it
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
  const watcher = await startWatcher(before);
  const restore = async (): Promise<void> => {
    // Nothing else may keep this process alive until then.
    watcher.ref();
    const ended = watcher.exitCode === null ? once(watcher, 'exit') : undefined;
    watcher.stdin?.end();
    await ended;
  };
  try {
    writeFileSync(SETTING, wanted === 'on' ? '1' : '0');
  } catch (cause) {
    await restore();
    throw refusal(wanted, cause);
  }
  return restore;
}

function readSetting(): string {
  try {
    return readFileSync(SETTING, 'utf8').trim();
  } catch (cause) {
    throw new EnvironmentError(`TCP timestamps cannot be switched on this system (no ${SETTING})`, {
      hint: 'leave out --tcp-timestamps (tcpTimestamps in the scenario); only Linux has the setting',
      cause,
    });
  }
}

async function startWatcher(before: string): Promise<ChildProcess> {
  const watcher = spawn('/bin/sh', ['-c', WATCHER, 'rushhour-restore', before], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A group of its own: what ends this program's group must not end what cleans up after it.
    detached: true,
  });
  // Its death while this program lives shows as a broken pipe; the setting is then put back already.
  watcher.stdin?.on('error', () => undefined);
  await once(watcher, 'spawn');
  watcher.unref();
  return watcher;
}

function isTaken(wanted: Switch): EnvironmentError {
  return new EnvironmentError(
    `TCP timestamps cannot be set ${wanted}: another run in this network namespace has set them for as long as it lasts`,
    { hint: 'wait until it has ended, or start this one in a network namespace of its own' },
  );
}

function refusal(wanted: Switch, cause: unknown): EnvironmentError {
  const value = wanted === 'on' ? 1 : 0;
  return new EnvironmentError(`TCP timestamps cannot be switched ${wanted}: ${(cause as Error).message}`, {
    hint: `run as root, or set it yourself (sudo sysctl -w net.ipv4.tcp_timestamps=${value}) and leave out --tcp-timestamps`,
    cause,
  });
}
