import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  alternativeNames,
  authority,
  authorityKey,
  buildCertificate,
  type Identity,
  noAuthority,
  subjectKey,
} from './x509.ts';

export type { Identity };

const DAY_MS = 86_400_000;

/** Clocks of two machines may differ by this much. */
const SKEW_MS = DAY_MS;
/** Whoever trusts it may be away for years. */
const AUTHORITY_VALID_MS = 20 * 365 * DAY_MS;
/** A key that is lost does harm for so long. */
const SIGNED_VALID_MS = 90 * DAY_MS;

/** An authority that signs certificates for servers (RFC 5280). Whoever trusts it trusts each certificate it signs later. */
export function createAuthority(commonName: string, nowMs: number): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = buildCertificate({
    ...{ subject: commonName, issuer: commonName, publicKey, signingKey: privateKey },
    ...{ fromMs: nowMs - SKEW_MS, untilMs: nowMs + AUTHORITY_VALID_MS },
    extensions: [...authority(), subjectKey(publicKey)],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate };
}

/**
 * A new key and its certificate, valid for 90 days from now. It is valid from the day of the authority on, too: a machine
 * without a clock of its own may start with the time at which it was last switched off.
 * @param hosts names and addresses of the server
 */
export function signCertificate(
  { key, certificate }: Identity,
  commonName: string,
  hosts: readonly string[],
  nowMs: number,
): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = createPrivateKey(key);
  const { subject, validFrom, validTo } = new X509Certificate(certificate);
  const signed = buildCertificate({
    ...{ subject: commonName, issuer: subject.replace(/^CN=/, ''), publicKey, signingKey },
    ...{ fromMs: Date.parse(validFrom), untilMs: Math.min(nowMs + SIGNED_VALID_MS, Date.parse(validTo)) },
    extensions: [
      ...[alternativeNames(hosts), noAuthority(), subjectKey(publicKey)],
      authorityKey(createPublicKey(signingKey)),
    ],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate: signed };
}
