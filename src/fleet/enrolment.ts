import * as z from 'zod';
import { UsageError } from '../errors.ts';
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
  throw new UsageError(`"${id}" cannot be the id of a probe`, {
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
    /** Of a cluster alone. */
    reach: reach.optional(),
  }),
  z.strictObject({ ...envelope, kind: z.literal('done'), reach: reach.optional() }),
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

/** One word, which may be pasted. */
export function formatToken({ probe: id, servers, seed, ca }: EnrolmentToken): string {
  const der = ca.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  const urls = Buffer.from(servers.join(',')).toString('base64url');
  return [PREFIX, id, seed, urls, Buffer.from(der, 'base64').toString('base64url')].join('.');
}

/** @throws UsageError that does not repeat it */
export function readToken(text: string): EnrolmentToken {
  const [prefix, id = '', seed = '', urls = '', der = '', ...rest] = text.trim().split('.');
  const servers = Buffer.from(urls, 'base64url').toString().split(',');
  const lines =
    Buffer.from(der, 'base64url')
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  const isWhole =
    prefix === PREFIX &&
    PROBE_ID.test(id) &&
    SEED.test(seed) &&
    servers.every((url) => SERVER_URL.test(url)) &&
    lines.length > 0 &&
    rest.length === 0;
  if (!isWhole) {
    throw new UsageError('that is not a token of "rushhour fleet enroll", or not all of it', {
      hint: 'paste the whole word that begins with rushhour1., or pipe it: --enroll -',
    });
  }
  const ca = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
  return { probe: id, servers, seed, ca };
}
