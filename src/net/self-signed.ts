import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

/** A key and the certificate that goes with it, both PEM. */
export interface Identity {
  readonly key: string;
  readonly certificate: string;
}

/** Clocks of two machines may differ by this much. */
const SKEW_MS = 24 * 3_600_000;
const VALID_MS = 30 * 24 * 3_600_000;

/** ASN.1 tags, X.690 section 8. */
const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID] = [0x01, 0x02, 0x03, 0x04, 0x06];
const [UTF8_STRING, UTC_TIME, SEQUENCE, SET] = [0x0c, 0x17, 0x30, 0x31];

/** ecdsa-with-SHA256, RFC 5758 section 3.2; id-at-commonName and extensions, RFC 5280. */
const ECDSA_SHA256 = tlv(SEQUENCE, tlv(OID, Buffer.from('2a8648ce3d040302', 'hex')));
const COMMON_NAME = tlv(OID, Buffer.from('550403', 'hex'));
const SUBJECT_ALT_NAME = tlv(OID, Buffer.from('551d11', 'hex'));
const BASIC_CONSTRAINTS = tlv(OID, Buffer.from('551d13', 'hex'));

/**
 * Creates a key for this process only and a self-signed certificate (RFC 5280), valid for a month. Clients trust no
 * authority, but this certificate or its fingerprint.
 * @param commonName what it is of, in words
 * @param hosts names and addresses for which it is valid
 */
export function createSelfSigned(commonName: string, hosts: readonly string[], nowMs: number): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, COMMON_NAME, tlv(UTF8_STRING, Buffer.from(commonName)))));
  const unsigned = tlv(
    SEQUENCE,
    tlv(0xa0, tlv(INTEGER, Buffer.from([2]))),
    tlv(INTEGER, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    ECDSA_SHA256,
    name,
    tlv(SEQUENCE, utcTime(nowMs - SKEW_MS), utcTime(nowMs + VALID_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(SEQUENCE, alternativeNames(hosts), noAuthority())),
  );
  const signature = sign('sha256', unsigned, privateKey);
  const certificate = tlv(SEQUENCE, unsigned, ECDSA_SHA256, tlv(BIT_STRING, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: toPem(certificate),
  };
}

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? tlv(0x82, Buffer.from(host, 'ascii')) : tlv(0x87, addressBytes(host)),
  );
  return tlv(SEQUENCE, SUBJECT_ALT_NAME, tlv(OCTET_STRING, tlv(SEQUENCE, ...names)));
}

/** Critical, and empty: it may sign no other. */
function noAuthority(): Buffer {
  const isCritical = tlv(BOOLEAN, Buffer.from([0xff]));
  return tlv(SEQUENCE, BASIC_CONSTRAINTS, isCritical, tlv(OCTET_STRING, tlv(SEQUENCE)));
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

/** YYMMDDHHMMSSZ: right until 2049 (RFC 5280 section 4.1.2.5.1). */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tlv(UTC_TIME, Buffer.from(digits.slice(2)));
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
