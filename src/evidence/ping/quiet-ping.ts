import { getSystemErrorName } from 'node:util';
import type { PingCounts } from '../../metrics/types.ts';
import { openPingSocket, type PingSocket, type PingTarget } from '../../net/ping-socket.ts';

/** A ping without a reply by then is lost: a path on which pings take longer is not healthy. */
const LOST_AFTER_MS = 2_000;
const EVERY_MS = 1_000;
/** If a name has more addresses, only the first ones are pinged. */
const MOST_TARGETS = 16;
const SEQUENCES = 0x1_0000;

export interface QuietPingOptions {
  readonly targets: readonly PingTarget[];
  /** Says once what is missing; the load continues without pings. */
  readonly warn: (message: string) => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** Opens a socket, or returns an errno if that is refused. */
  readonly open?: (target: PingTarget) => PingSocket | number;
}

/** One ping a second to each target, during a load. */
export interface QuietPing {
  /** What was answered or lost since the last call, by address; undefined: nothing. */
  take(): Record<string, PingCounts> | undefined;
  close(): void;
}

interface Pinged {
  readonly address: string;
  readonly socket: PingSocket;
  /** When each outstanding ping was sent, by sequence number, in order. */
  readonly waiting: Map<number, number>;
  sequence: number;
}

/**
 * Pings each target once a second. Replies are read when the next ping is due: the kernel records their time of arrival.
 * @returns undefined if nothing can be pinged
 */
export function startQuietPing({
  targets,
  warn,
  now = () => performance.now(),
  open = openPingSocket,
}: QuietPingOptions): QuietPing | undefined {
  const pinged = openAll(targets.slice(0, MOST_TARGETS), open, warn);
  if (pinged.length === 0) return undefined;
  let isClosed = false;
  let counts = new Map<string, PingCounts>();
  const count = (address: string, tookUs: number | undefined): void => {
    const known = counts.get(address);
    counts.set(address, addPing(known, tookUs));
  };
  const turn = (): void => {
    for (const { address, socket, waiting } of pinged) {
      for (let reply = socket.receive(); reply !== undefined; reply = socket.receive()) {
        // One that was timed as it was read would seem to have taken until the next turn: it tells nothing.
        if (waiting.delete(reply.sequence) && reply.isTimedByKernel) count(address, reply.tookUs);
      }
      for (const [sequence, sentAtMs] of waiting) {
        if (now() - sentAtMs < LOST_AFTER_MS) break;
        waiting.delete(sequence);
        count(address, undefined);
      }
    }
  };
  const send = (): void => {
    turn();
    for (const one of pinged) {
      // A ping that this machine itself drops is lost too: nothing came back.
      one.socket.send(one.sequence);
      one.waiting.set(one.sequence, now());
      one.sequence = (one.sequence + 1) % SEQUENCES;
    }
  };
  send();
  const timer = setInterval(send, EVERY_MS);
  timer.unref();
  return {
    take() {
      if (!isClosed) turn();
      if (counts.size === 0) return undefined;
      const taken = Object.fromEntries(counts);
      counts = new Map();
      return taken;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      clearInterval(timer);
      for (const { socket } of pinged) socket.close();
    },
  };
}

function openAll(
  targets: readonly PingTarget[],
  open: NonNullable<QuietPingOptions['open']>,
  warn: (message: string) => void,
): Pinged[] {
  const refused = new Map<number, string>();
  const pinged = targets.flatMap((target): Pinged[] => {
    const socket = open(target);
    if (typeof socket === 'number') {
      refused.set(socket, target.address);
      return [];
    }
    return [{ address: target.address, socket, waiting: new Map(), sequence: 0 }];
  });
  for (const [errno, address] of refused)
    warn(`cannot ping ${address} during the load: ${whyRefused(errno)}`);
  return pinged;
}

/** Why the system refused a ping socket, and what to do about it. @param errno positive */
export function whyRefused(errno: number): string {
  const name = nameOf(errno);
  return name === 'EACCES' || name === 'EPERM'
    ? `this user may not ping (${name}): permit it to the user’s group (sysctl net.ipv4.ping_group_range="0 2147483647"), or give node CAP_NET_RAW`
    : `the system refused it (${name})`;
}

function nameOf(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

function addPing(known: PingCounts | undefined, tookUs: number | undefined): PingCounts {
  const { sent, answered, sumUs, minUs, maxUs } = known ?? {
    ...{ sent: 0, answered: 0, sumUs: 0, minUs: -1, maxUs: -1 },
  };
  if (tookUs === undefined) return { sent: sent + 1, answered, sumUs, minUs, maxUs };
  const us = Math.round(tookUs);
  return {
    sent: sent + 1,
    answered: answered + 1,
    sumUs: sumUs + us,
    minUs: minUs < 0 ? us : Math.min(minUs, us),
    maxUs: Math.max(maxUs, us),
  };
}
