import { REDACTED, redactUrl } from '../../scenario/secrets.ts';

/** RFC 7468, and other formats with the same armour. */
const ARMOURED = /-----BEGIN ([A-Z0-9 ]{1,60})-----[\s\S]*?(?:-----END \1-----|$)/g;

/**
 * The end of the name of a setting whose value is a secret, as FortiOS (`set psksecret ENC ...`), PAN-OS (`phash`), Junos
 * (`pre-shared-key ascii-text`), Check Point (`password-hash`), ASA (`enable password`, `key 7`), RouterOS
 * (`wpa2-pre-shared-key=`) and JSON have them.
 */
const NAME =
  '(?:passw(?:or)?d|passphrase|passcode|secret|psk|shared-?key|phash|private-?key|api[-_]?key|access[-_]?key|token|community|credential|authorization|cookie)[\\w-]{0,40}|\\b(?:key|md5|pin|pwd)';
/** Then the end of the name, and the value: a quoted text, or the rest of the line. */
const NAMED = new RegExp(
  `((?:${NAME})["']?(?:\\s*[=:>]\\s*|[ \\t]+))("(?:[^"\\\\\\n]|\\\\.)*"|'[^'\\n]*'|\\S.*$)`,
  'gim',
);
const NAMED_KEY = new RegExp(`(?:${NAME})$`, 'i');

/** Hashes of crypt(3) and Junos's reversible ones, under any name. */
const HASHED = /\$(?:[0-9]|2[abxy]|y)\$[^\s"';<,]+/g;

/** FortiOS: `ENC` and base64. */
const ENCRYPTED = /\bENC\s+[A-Za-z0-9+/=]{8,}/g;

/** Longer lines are cut: the pattern for secrets in a URL takes quadratic time. */
const MOST_URL_CHARS = 500;
const URL = /\bhttps?:\/\/\S+/gi;

/** Shorter texts would match everywhere. */
const SHORTEST = 4;

/**
 * A firewall's output without values that are secret by their name or form, and without known secrets. As a consequence,
 * settings with such a name are never compared. JSON is returned with one line per value.
 * @param secrets texts to remove wherever they occur
 */
export function redactOutput(text: string, secrets: readonly string[] = []): string {
  const known = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, REDACTED), text);
  const json = readJson(known);
  return (json === undefined ? known : JSON.stringify(redactValue(json, ''), null, 1))
    .replace(URL, shortenUrl)
    .replace(ARMOURED, REDACTED)
    .replace(HASHED, REDACTED)
    .replace(ENCRYPTED, `ENC ${REDACTED}`)
    .replace(NAMED, redactNamed);
}

function readJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function redactValue(value: unknown, key: string): unknown {
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return value.map((each) => redactValue(each, key));
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redactValue(each, name)]));
  }
  return value !== null && value !== '' && NAMED_KEY.test(key) ? REDACTED : value;
}

function shortenUrl(url: string): string {
  const shown = redactUrl(url.slice(0, MOST_URL_CHARS));
  return url.length > MOST_URL_CHARS ? `${shown}${REDACTED}` : shown;
}

/** The end of a line belongs to its syntax; a name without a value has nothing to hide. */
function redactNamed(_: string, name: string, value: string): string {
  if (/^["']/.test(value)) return `${name}${value[0]}${REDACTED}${value[0]}`;
  const inner = value.replace(/[\s,;{}[\])]+$/, '');
  return inner === '' ? name + value : `${name}${REDACTED}${value.slice(inner.length)}`;
}
