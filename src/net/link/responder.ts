import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { EnvironmentError } from '../../errors.ts';
import { locateBuilt } from '../../places.ts';
import type { AddressConflict } from './find-conflicts.ts';
import { ANSWERED, type FromResponder, type ResponderTask, STOP, WORDS } from './responder-protocol.ts';

export type ResponderOptions = Omit<ResponderTask, 'shared'> & {
  /** Another host claimed one of the addresses; called at most a few times. */
  readonly onConflict?: (conflict: AddressConflict) => void;
  /** It ended by itself: the addresses are no longer answered for. */
  readonly onLost?: (why: Error) => void;
};

/** Answers ARP or neighbour discovery for addresses that this machine does not have. */
export interface Responder {
  /** Addresses from which no next hop could be reached: packets to them will not find the way back. */
  readonly unanswered: readonly string[];
  /** Answers given so far. */
  readonly answered: number;
  stop(): Promise<void>;
}

/**
 * Starts a thread that answers for these addresses and no others, until it is stopped or the process ends. Before the
 * promise resolves, it has asked each next hop once from each address, which tells the next hop where the address is.
 * @throws EnvironmentError without CAP_NET_RAW, or if the interface is down
 */
export async function startResponder(options: ResponderOptions): Promise<Responder> {
  const { onConflict, onLost, ...task } = options;
  const shared = new Int32Array(new SharedArrayBuffer(WORDS * 4));
  const workerData: ResponderTask = { ...task, shared };
  const thread = new Worker(locateBuilt('net/link/responder-thread.js'), { workerData });
  const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    // From here on, nothing of it may keep this process alive.
    thread.ref();
    Atomics.store(shared, STOP, 1);
    await gone;
  };
  const [first] = (await once(thread, 'message')) as [FromResponder];
  if (first.kind !== 'ready') {
    await stop();
    throw new EnvironmentError(
      `cannot answer for the emulated addresses on ${task.link.name} (${first.kind === 'fault' ? first.code : first.kind})`,
      { hint: 'run with sudo, and check that the interface is up: ip link show' },
    );
  }
  thread.on('message', (message: FromResponder) => {
    if (message.kind === 'conflict') onConflict?.(message.conflict);
  });
  thread.on('error', (error) => onLost?.(error));
  void gone.then(() => {
    if (!isStopping) onLost?.(new Error('the thread that answers ARP has ended'));
  });
  thread.unref();
  return {
    unanswered: first.unanswered,
    get answered() {
      return Atomics.load(shared, ANSWERED);
    },
    stop,
  };
}
