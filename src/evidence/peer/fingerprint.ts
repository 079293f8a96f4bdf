import { createHash } from 'node:crypto';

/** In the format of ssh fingerprints: SHA-256 of the certificate (DER), in base64 without padding. */
export function formatFingerprint(certificate: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(certificate).digest('base64').replace(/=+$/, '')}`;
}

/** The form of {@link formatFingerprint}. */
export const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** Of a token. */
export const MIN_TOKEN_CHARACTERS = 16;
export const MAX_TOKEN_CHARACTERS = 128;
