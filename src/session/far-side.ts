import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { EnvironmentError } from '../errors.ts';
import { Arrivals } from '../evidence/peer/arrivals.ts';
import { createCaptureFile } from '../evidence/peer/capture-file.ts';
import { connectPeer, type PeerAddress, type PeerConnection } from '../evidence/peer/connect-peer.ts';
import type { NamespaceToRecord } from '../evidence/peer/record-namespace.ts';
import { type FarWitness, witnessOf } from './load/far-witness.ts';
import type { RunListener } from './types.ts';

/** Folder of captures in a run's folder. */
const CAPTURES = 'capture';

/** What arrives before the run has a folder: a few packets of the look that a scenario may begin with. */
const MAX_WAITING_BYTES = 4 * 1_024 * 1_024;

/** A resumed run continues in a file of its own: the one before may end within a packet. */
const MAX_FILES = 100;

/** The handshakes that arrive at the far host, as a peer there hands them over or as a lab shows them, kept in the run's folder. */
export class FarSide {
  readonly #warn: (message: string) => void;
  #peer: Pick<PeerConnection, 'finish' | 'close'> | undefined;
  #file: Writable | undefined;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** What the load is prepared by; undefined once it has begun. */
  #arrivals: Arrivals | undefined = new Arrivals();

  private constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** @throws EnvironmentError if the peer cannot be reached, is another, or refuses */
  static async open(peer: PeerAddress, { warning }: Pick<RunListener, 'warning'>): Promise<FarSide> {
    const side = new FarSide((message) => warning?.(message));
    side.#peer = await connectPeer(peer, {
      bytes: (piece) => side.#take(piece),
      lost: (why) =>
        side.#warn(`the peer is gone (${why}): what arrives there is no longer recorded; the load continues`),
    });
    return side;
  }

  /**
   * Records what arrives in a network namespace of this machine.
   * @returns undefined: none of the endpoints is there
   * @throws EnvironmentError if it cannot be entered, or the kernel refuses
   */
  static async record(
    namespace: NamespaceToRecord,
    { warning }: Pick<RunListener, 'warning'>,
  ): Promise<FarSide | undefined> {
    // Only a run in a lab loads it.
    const { recordNamespace } = await import('../evidence/peer/record-namespace.ts');
    const side = new FarSide((message) => warning?.(message));
    side.#peer = recordNamespace(namespace, {
      bytes: (piece) => side.#take(piece),
      lost: (why) =>
        side.#warn(`what arrives at the far side is no longer recorded (${why}); the load continues`),
    });
    return side.#peer === undefined ? undefined : side;
  }

  /** Who tells, until the load begins, what arrives there. */
  get witness(): FarWitness {
    return witnessOf(this.#arrivals ?? new Arrivals());
  }

  /** From now on what comes is kept in a run's folder. Never fails: evidence must not end a run. */
  keep(dir: string): void {
    try {
      mkdirSync(join(dir, CAPTURES), { recursive: true });
      this.#file = createNext(join(dir, CAPTURES), this.#warn);
      for (const piece of this.#waiting) this.#file.write(piece);
    } catch (error) {
      this.#warn(`cannot keep what arrives at the far side: ${(error as Error).message}`);
      this.#peer?.close();
    }
    this.#waiting = [];
    this.#arrivals = undefined;
  }

  /** Takes the rest, once nothing is sent any more. Never rejects. */
  async finish(): Promise<void> {
    await this.#peer?.finish();
    await new Promise<void>((resolve) => {
      if (this.#file === undefined) resolve();
      else this.#file.end(resolve);
    });
  }

  /** Leaves at once. */
  close(): void {
    this.#peer?.close();
  }

  #take(piece: Uint8Array): void {
    this.#arrivals?.take(piece);
    if (this.#file !== undefined) {
      if (!this.#file.writableEnded) this.#file.write(piece);
      return;
    }
    if (this.#waitingBytes > MAX_WAITING_BYTES) return;
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes <= MAX_WAITING_BYTES) this.#waiting.push(piece);
    else {
      this.#warn('too much arrived at the far side before the run began: the rest is not kept');
      this.#peer?.close();
    }
  }
}

/** `far.pcapng`, or the next that is free. */
function createNext(dir: string, warn: (message: string) => void): Writable {
  for (let number = 1; ; number += 1) {
    try {
      return createCaptureFile(join(dir, number === 1 ? 'far.pcapng' : `far-${number}.pcapng`), warn);
    } catch (error) {
      const isTaken = error instanceof EnvironmentError && codeOf(error.cause) === 'EEXIST';
      if (!isTaken || number >= MAX_FILES) throw error;
    }
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
