import { generateKeyPairSync } from 'node:crypto';
import { alternativeNames, buildCertificate, type Identity, noAuthority } from './x509.ts';

/** Clocks of two machines may differ by this much. */
const SKEW_MS = 24 * 3_600_000;
const VALID_MS = 30 * 24 * 3_600_000;

/**
 * Creates a key for this process only and a self-signed certificate (RFC 5280), valid for a month. Clients trust no
 * authority, but this certificate or its fingerprint.
 * @param commonName what it is of, in words
 * @param hosts names and addresses for which it is valid
 */
export function createSelfSigned(commonName: string, hosts: readonly string[], nowMs: number): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = buildCertificate({
    ...{ subject: commonName, issuer: commonName, publicKey, signingKey: privateKey },
    ...{ fromMs: nowMs - SKEW_MS, untilMs: nowMs + VALID_MS },
    extensions: [alternativeNames(hosts), noAuthority()],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate };
}
