import type { AddressConflict } from './find-conflicts.ts';
import type { LinkInterface } from './interfaces.ts';

/** Whom to tell where the addresses are. */
export interface NextHop {
  readonly address: string;
  readonly mac: string;
}

export interface ResponderTask {
  readonly link: Pick<LinkInterface, 'name' | 'index' | 'mac'>;
  /** Of one family. */
  readonly addresses: readonly string[];
  readonly nextHops: readonly NextHop[];
  readonly shared: Int32Array;
}

/** Positions in the memory that both threads share: a thread that waits for packets reads no messages. */
export const STOP = 0;
export const ANSWERED = 1;
export const WORDS = 2;

export type FromResponder =
  | { readonly kind: 'ready'; readonly unanswered: readonly string[] }
  | { readonly kind: 'fault'; readonly code: string }
  | { readonly kind: 'conflict'; readonly conflict: AddressConflict };
