import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import * as z from 'zod';
import { PUBLIC_KEY } from '../enrolment.ts';
import { readMessage } from '../messages.ts';
import { PROBE_ID, PROTOCOL } from '../protocol.ts';

const publicKey = z.string().regex(PUBLIC_KEY);
/** Milliseconds since 1970. */
const atMs = z.int().min(0);
const token = { publicKey, expiresAtMs: atMs };

/** What became of one user, by public keys alone. */
const userChange = z.strictObject({
  v: z.literal(PROTOCOL),
  probe: z.string().regex(PROBE_ID),
  /** Counts the changes of this probe; a server keeps the highest. */
  version: z.int().min(1),
  atMs,
  state: z.discriminatedUnion('kind', [
    /** Whoever holds the secret half of this key may enroll. */
    z.strictObject({ kind: z.literal('expected'), ...token }),
    /** `token`: which it used, and may use again if the answer was lost. */
    z.strictObject({
      kind: z.literal('enrolled'),
      publicKey,
      token: z.strictObject(token).optional(),
    }),
    z.strictObject({ kind: z.literal('revoked') }),
  ]),
});
export type UserChange = z.output<typeof userChange>;
export type UserState = UserChange['state'];

/** A change as servers tell each other of it: word for word what was signed, and the signature (base64). */
export const signedChange = z.strictObject({
  text: z.string().min(1).max(1_000),
  /** Of 64 bytes (RFC 8032 section 5.1.6). */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});
export type SignedChange = z.output<typeof signedChange>;

/** So that no signature of this key over anything else, as at each connection, is one over a change. */
const CONTEXT = 'rushhour user change\n';

/** Of two changes with one version, made at the same time on two servers, the safer one counts. */
const RANK: Readonly<Record<UserState['kind'], number>> = { expected: 0, enrolled: 1, revoked: 2 };

/** What precedes the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410 section 10.3). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** RFC 4648 section 6. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** @returns the 32 bytes of an nkey (NATS ADR-14): two of its kind precede them, two of a checksum follow */
function decodeSeed(seed: string): Buffer {
  const bits = Array.from(seed, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Array.from({ length: bits.length >> 3 }, (_, index) =>
    Number.parseInt(bits.slice(8 * index, 8 * index + 8), 2),
  );
  return Buffer.from(bytes.slice(2, -2));
}

/**
 * Signs with the key that the servers of a fleet share, and tells what was signed with it. By node:crypto, and not by the
 * library of NATS, whose arithmetic is JavaScript: a server may hear of thousands of changes at once.
 */
export class ChangeSeal {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;

  /** @param seed of the role server */
  constructor(seed: string) {
    const der = Buffer.concat([PKCS8_HEAD, decodeSeed(seed)]);
    this.#privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    this.#publicKey = createPublicKey(this.#privateKey);
  }

  sign(change: UserChange): SignedChange {
    const text = JSON.stringify(change);
    return { text, signature: sign(null, bytesOf(text), this.#privateKey).toString('base64') };
  }

  isGenuine({ text, signature }: SignedChange): boolean {
    return verify(null, bytesOf(text), this.#publicKey, Buffer.from(signature, 'base64'));
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(CONTEXT + text);
}

/** @returns undefined if that is none */
export function readChange({ text }: SignedChange): UserChange | undefined {
  return readMessage(userChange, new TextEncoder().encode(text));
}

/** Whether a change counts and not the other: every server comes to the same, in whatever order it hears of them. */
export function isNewer(change: UserChange, than: UserChange): boolean {
  const order = [
    change.version - than.version,
    RANK[change.state.kind] - RANK[than.state.kind],
    change.atMs - than.atMs,
  ].find((difference) => difference !== 0);
  return order === undefined ? JSON.stringify(change) > JSON.stringify(than) : order > 0;
}
