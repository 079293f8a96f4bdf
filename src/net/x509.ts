import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

/** A key and the certificate that goes with it, both PEM. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
}

/** What a certificate says (RFC 5280 section 4.1). Times are milliseconds since 1970. */
export interface CertificatePlan {
  /** Common names. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  /** Key of the issuer: ECDSA on P-256. */
  readonly signingKey: KeyObject;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly extensions: readonly Uint8Array[];
}

/** ASN.1 tags, X.690 section 8. */
const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID] = [0x01, 0x02, 0x03, 0x04, 0x06];
const [UTF8_STRING, UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET] = [0x0c, 0x17, 0x18, 0x30, 0x31];
const TRUE = tlv(BOOLEAN, Buffer.from([0xff]));

/** ecdsa-with-SHA256, RFC 5758 section 3.2; id-at-commonName and extensions, RFC 5280. */
const ECDSA_SHA256 = tlv(SEQUENCE, oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const [SUBJECT_KEY_ID, KEY_USAGE, SUBJECT_ALT_NAME] = [oid('551d0e'), oid('551d0f'), oid('551d11')];
const [BASIC_CONSTRAINTS, AUTHORITY_KEY_ID] = [oid('551d13'), oid('551d23')];

/** Bytes of an uncompressed point of P-256 (SEC 1 section 2.3.3), which ends the DER of a public key. */
const POINT_BYTES = 65;

/** A signed certificate, as PEM. */
export function buildCertificate(plan: CertificatePlan): string {
  const unsigned = tlv(
    SEQUENCE,
    tlv(0xa0, tlv(INTEGER, Buffer.from([2]))),
    tlv(INTEGER, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ECDSA_SHA256,
    commonName(plan.issuer),
    tlv(SEQUENCE, time(plan.fromMs), time(plan.untilMs)),
    commonName(plan.subject),
    plan.publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(SEQUENCE, ...plan.extensions)),
  );
  const signature = sign('sha256', unsigned, plan.signingKey);
  return toPem(tlv(SEQUENCE, unsigned, ECDSA_SHA256, tlv(BIT_STRING, Buffer.from([0]), signature)));
}

/** Names and addresses for which a certificate is valid. */
export function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? tlv(0x82, Buffer.from(host, 'ascii')) : tlv(0x87, addressBytes(host)),
  );
  return tlv(SEQUENCE, SUBJECT_ALT_NAME, tlv(OCTET_STRING, tlv(SEQUENCE, ...names)));
}

/** Critical, and empty: it may sign no other. */
export function noAuthority(): Buffer {
  return tlv(SEQUENCE, BASIC_CONSTRAINTS, TRUE, tlv(OCTET_STRING, tlv(SEQUENCE)));
}

/** It may sign certificates, of which none may sign further ones, and nothing else. */
export function authority(): Buffer[] {
  const constraints = tlv(SEQUENCE, TRUE, tlv(INTEGER, Buffer.from([0])));
  // keyCertSign is bit 5: two bits of the byte are unused (RFC 5280 section 4.2.1.3).
  const usage = tlv(BIT_STRING, Buffer.from([0x02, 0x04]));
  return [
    tlv(SEQUENCE, BASIC_CONSTRAINTS, TRUE, tlv(OCTET_STRING, constraints)),
    tlv(SEQUENCE, KEY_USAGE, TRUE, tlv(OCTET_STRING, usage)),
  ];
}

/** Which key a certificate has: SHA-1 of its bits (RFC 5280 section 4.2.1.2, method 1). */
export function subjectKey(publicKey: KeyObject): Buffer {
  return tlv(SEQUENCE, SUBJECT_KEY_ID, tlv(OCTET_STRING, tlv(OCTET_STRING, keyId(publicKey))));
}

/** Which key signed it. */
export function authorityKey(publicKey: KeyObject): Buffer {
  return tlv(SEQUENCE, AUTHORITY_KEY_ID, tlv(OCTET_STRING, tlv(SEQUENCE, tlv(0x80, keyId(publicKey)))));
}

function keyId(publicKey: KeyObject): Buffer {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES);
  return createHash('sha1').update(point).digest();
}

function commonName(name: string): Buffer {
  return tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, COMMON_NAME, tlv(UTF8_STRING, Buffer.from(name)))));
}

/** In network byte order. The URL parser writes an IPv6 address out without a dotted part. */
function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const bytes = [...before, ...between, ...after].map((group) => group.padStart(4, '0'));
  return Buffer.from(bytes.join(''), 'hex');
}

/** YYMMDDHHMMSSZ until 2049, YYYYMMDDHHMMSSZ from then on (RFC 5280 section 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return digits < '2050'
    ? tlv(UTC_TIME, Buffer.from(digits.slice(2)))
    : tlv(GENERALIZED_TIME, Buffer.from(digits));
}

function oid(hex: string): Buffer {
  return tlv(OID, Buffer.from(hex, 'hex'));
}

/** Tag, length and contents, X.690 sections 8.1.2 to 8.1.4. */
function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(parts);
  if (contents.length < 128) return Buffer.concat([Buffer.from([tag, contents.length]), contents]);
  const hex = contents.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, contents]);
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
