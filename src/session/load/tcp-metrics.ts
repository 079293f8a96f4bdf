import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Undo } from '../undo.ts';
import { lockInNamespace } from './namespace-lock.ts';
import { changeSetting } from './namespace-setting.ts';

const run = promisify(execFile);

/** 1: what connections learn about a destination is not kept for later ones (ip-sysctl.rst). */
const SETTING = '/proc/sys/net/ipv4/tcp_no_metrics_save';
const LOCK = 'rushhour-tcp-metrics';
const FORGET_MS = 2_000;

/** What was done about the system's memory of destinations. */
export type TcpMetrics =
  /** Cleared for the run's endpoints, and nothing stored during the run. */
  | 'held'
  /** Neither was allowed: connections may begin with what earlier ones learnt. */
  | 'as-found';

/**
 * Keeps what earlier connections learnt about the run's destinations out of it, and what the run learns out of later
 * ones. After a single lost SYN-ACK, later connections to that address, those of control arms too, start with a timer
 * of seconds for what they send once established (net/ipv4/tcp_metrics.c, tcp_init_metrics); SYNs keep theirs of 1 s.
 * The setting is restored however this process ends.
 * @param addresses of the endpoints; those on loopback, where only this machine can lose a SYN-ACK, are left as they
 * are
 * @returns undefined if the system has no such setting, or if all are on loopback
 */
export async function holdTcpMetrics(
  addresses: readonly string[],
): Promise<{ readonly metrics: TcpMetrics; restore(): Promise<void> } | undefined> {
  const away = addresses.filter((address) => !isLoopback(address));
  const before = readSetting();
  if (before === undefined || away.length === 0) return undefined;
  const unlock = await lockInNamespace(LOCK).catch(() => undefined);
  const undo = new Undo();
  if (unlock !== undefined) undo.push(unlock);
  const restore = (): Promise<void> => undo.run();
  try {
    // Another run that holds the lock has set it for its own duration.
    if (unlock !== undefined && before !== '1') undo.push(await changeSetting(SETTING, before, '1'));
  } catch {
    return { metrics: 'as-found', restore };
  }
  const isForgotten = await forget(away);
  return { metrics: isForgotten && readSetting() === '1' ? 'held' : 'as-found', restore };
}

/** ip-tcp_metrics(8). @returns whether none of them is left */
async function forget(addresses: readonly string[]): Promise<boolean> {
  try {
    for (const address of new Set(addresses))
      await run('ip', ['tcp_metrics', 'delete', address], { timeout: FORGET_MS }).catch(ignoreUnknown);
    return true;
  } catch {
    return false;
  }
}

/** There was nothing to delete. */
function ignoreUnknown(error: Error & { stderr?: string }): void {
  if (!/No such (process|file)|ESRCH/i.test(error.stderr ?? '')) throw error;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function readSetting(): string | undefined {
  try {
    return readFileSync(SETTING, 'utf8').trim();
  } catch {
    return undefined;
  }
}
