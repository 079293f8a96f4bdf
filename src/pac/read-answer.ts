import { EnvironmentError, UsageError } from '../errors.ts';
import { parseProxy } from '../scenario/address.ts';
import type { PacChoice } from './types.ts';

/** Where a script names no port (Netscape's proxy auto-config format: that of the scheme). */
const DEFAULT_PORT = 80;

/**
 * Reads an answer of FindProxyForURL, such as "PROXY 10.0.0.2:3128; DIRECT": the first plain HTTP proxy counts, whatever else a
 * browser would have tried before it.
 * @param all whether all plain HTTP proxies count
 * @throws EnvironmentError where it names none
 */
export function readAnswer(name: string, url: string, text: string, all = false): PacChoice {
  const answer = text.replace(/[^\x21-\x7e]+/g, ' ').trim();
  const entries = answer
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const passedOver: string[] = [];
  const found = new Set<string>();
  for (const entry of entries) {
    const place = /^(?:PROXY|HTTP)\s+(\S+)$/i.exec(entry)?.[1];
    if (place !== undefined) {
      if (all || found.size === 0) found.add(checkPlace(name, url, place));
    } else if (all || found.size === 0) passedOver.push(entry);
  }
  const [proxy, ...others] = found;
  if (proxy !== undefined) return { url, answer, proxy, proxies: [proxy, ...others], passedOver };
  const said = answer === '' ? 'nothing, which means DIRECT' : `"${answer}"`;
  const isDirect = entries.every((entry) => /^DIRECT$/i.test(entry));
  throw new EnvironmentError(`${name} names no plain HTTP proxy for ${url}: it returns ${said}`, {
    hint: isDirect
      ? 'browsers at this site connect directly: choose another target, or test the path without a proxy with --via direct (hit: without --pac)'
      : 'SOCKS, and a proxy behind TLS (HTTPS), are not supported: give a plain HTTP proxy with --proxy host:port',
  });
}

function checkPlace(name: string, url: string, place: string): string {
  const full = /^(\[[^\]]*\]|[^:]*)$/.test(place) ? `${place}:${DEFAULT_PORT}` : place;
  try {
    parseProxy(full);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new EnvironmentError(`${name} returns an invalid proxy for ${url}: ${error.message}`, {
      hint: 'fix the script, or give the proxy with --proxy',
      cause: error,
    });
  }
  return full;
}
