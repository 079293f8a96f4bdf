import { createHash } from 'node:crypto';
import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { quoteTyped } from '../render/escape.ts';
import { PROBE_ID, PROTOCOL, RESERVED_IDS } from './protocol.ts';

/** Public half of an nkey of a user (NATS ADR-14): U and 55 more characters of base32. */
export const PUBLIC_KEY = /^U[A-Z2-7]{55}$/;
export const SEED = /^SU[A-Z2-7]{56}$/;
export const SERVER_URL = /^(?:tls|wss):\/\/[^\s/,]+$/;

/** A probe is enrolled within a week of its token. */
export const LONGEST_LIFE_MS = 7 * 86_400_000;

/** @throws UsageError if an id is none */
export function checkProbeId(id: string): string {
  if (PROBE_ID.test(id) && !RESERVED_IDS.includes(id)) return id;
  throw new UsageError(`${quoteTyped(id)} cannot be the id of a probe`, {
    hint: `use up to 40 lower-case letters, digits and -, such as leeds-1; not ${RESERVED_IDS.join(' or ')}`,
  });
}

/**
 * @param lifeUs microseconds
 * @returns milliseconds
 * @throws UsageError if it is longer than a token may live
 */
export function checkLife(lifeUs: number): number {
  const lifeMs = Math.ceil(lifeUs / 1_000);
  if (lifeMs <= LONGEST_LIFE_MS) return lifeMs;
  throw new UsageError('a token is good for 7 days at most', { hint: 'leave --within out, or write less' });
}

const envelope = { v: z.literal(PROTOCOL) };
const probe = z.string().regex(PROBE_ID);
const publicKey = z.string().regex(PUBLIC_KEY);

/** What the operator asks of the program that runs the server. */
export const serverRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    ...envelope,
    kind: z.literal('enroll'),
    probe,
    /** Of the token, whose secret half only the operator has. */
    publicKey,
    lifeMs: z.int().min(1).max(LONGEST_LIFE_MS),
  }),
  z.strictObject({ ...envelope, kind: z.literal('revoke'), probe }),
]);
export type ServerRequest = z.output<typeof serverRequest>;

/** How far a change of a cluster's users has come. */
const reach = z.strictObject({
  /** Servers of the cluster. */
  servers: z.int().min(1).max(5),
  /** Those of them that have not answered. */
  missing: z.array(z.string().max(255)).max(5),
});
export type Reach = z.output<typeof reach>;

/** Whether most servers of a cluster know of a change: whoever asks any two of three hears of it. */
export function hasMajority({ servers, missing }: Reach): boolean {
  return servers - missing.length > servers / 2;
}

export const serverAnswer = z.discriminatedUnion('kind', [
  z.strictObject({
    ...envelope,
    kind: z.literal('expected'),
    servers: z.array(z.string().regex(SERVER_URL)).min(1),
    ca: z.string(),
    /** A token that was made before, and that nobody has used, is void by this one. */
    replaces: z.literal(true).optional(),
    /** Of a cluster alone. */
    reach: reach.optional(),
  }),
  z.strictObject({
    ...envelope,
    kind: z.literal('done'),
    reach: reach.optional(),
    /** Of a revocation: there was one before, then, by the clock of the server; milliseconds since 1970. */
    beforeAtMs: z.int().min(0).optional(),
  }),
  z.strictObject({ ...envelope, kind: z.literal('refused'), why: z.string().max(2_000) }),
]);
export type ServerAnswer = z.output<typeof serverAnswer>;

/** What a new probe sends: the public half of the key that it has made. */
export const enrolmentRequest = z.strictObject({ ...envelope, publicKey });

/** What a new probe needs to know: where to ask, whom to trust, and the secret by which it may ask once. */
export interface EnrolmentToken {
  readonly probe: string;
  readonly servers: readonly string[];
  readonly seed: string;
  /** PEM, one certificate: no connection is ever made that does not prove to be of this fleet. */
  readonly ca: string;
}

const PREFIX = 'rushhour1';

/** One word, which may be pasted; it begins with how long the rest is and with the digest of that. */
export function formatToken({ probe: id, servers, seed, ca }: EnrolmentToken): string {
  const der = ca.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  const urls = Buffer.from(servers.join(',')).toString('base64url');
  const rest = [id, seed, urls, Buffer.from(der, 'base64').toString('base64url')].join('.');
  return [PREFIX, rest.length, digestOf(rest), rest].join('.');
}

/** 48 bits: against what gets lost or changed on the way, not against anybody. */
function digestOf(rest: string): string {
  return createHash('sha256').update(rest).digest('base64url').slice(0, 8);
}

/** @throws UsageError that does not repeat it */
export function readToken(text: string): EnrolmentToken {
  const word = text.trim();
  const [, head = '', length = '', digest, rest = ''] = SHAPE.exec(word) ?? [];
  const wholeChars = head.length + Number(length);
  if (head === '') {
    throw notWhole('that is not a token of "rushhour fleet enroll", or not all of it');
  }
  if (word.length < wholeChars)
    throw notWhole(`this token is incomplete: it has ${word.length} of ${wholeChars} characters`);
  if (word.length > wholeChars)
    throw notWhole(`this token is too long: it has ${word.length} characters instead of ${wholeChars}`);
  if (digestOf(rest) !== digest) throw notWhole('this token was changed on the way: its check fails');
  const [id = '', seed = '', urls = '', der = ''] = rest.split('.');
  const servers = Buffer.from(urls, 'base64url').toString().split(',');
  const lines =
    Buffer.from(der, 'base64url')
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  if (
    !(
      PROBE_ID.test(id) &&
      SEED.test(seed) &&
      servers.every((url) => SERVER_URL.test(url)) &&
      lines.length > 0
    )
  )
    throw notWhole('this token does not hold what one holds');
  const ca = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  return { probe: id, servers, seed, ca };
}

/** Up to the rest, whose length and digest it has. */
const SHAPE = new RegExp(`^(${PREFIX}\\.(\\d{1,6})\\.([\\w-]{8})\\.)(.*)$`, 's');
const WHOLE = 'paste the whole word that begins with rushhour1., or pipe it: --enroll -';

function notWhole(what: string): UsageError {
  return new UsageError(what, { hint: WHOLE });
}
