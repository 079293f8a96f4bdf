import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { parseProxy, UNCHOSEN } from './address.ts';
import { parsedText } from './leaves.ts';
import type { HostPort, PacSource } from './types.ts';

/** A proxy as read; if a script names it, `UNCHOSEN` and the script. */
export interface ProxyValue extends HostPort {
  readonly pac?: PacSource;
}

export const hostPort = parsedText(parseProxy, { examples: ['proxy.example:3128'] });

const pac = z
  .strictObject({
    pac: parsedText(checkPacSource, { examples: ['http://wpad.example/wpad.dat'] }).describe(
      'Path or URL (http://, https://) of a proxy.pac, evaluated for each target before the load.',
    ),
    spread: z
      .boolean()
      .optional()
      .describe('Use all proxies in its answer in turn, not only the first. Default: false.'),
  })
  .describe('A PAC script that names the proxy.')
  .transform(({ pac: source, spread = false }): ProxyValue => ({ ...UNCHOSEN, pac: { source, spread } }));

/** Keys allowed under `proxy`. */
export const proxyValue = z.union([hostPort, pac]);

/**
 * Checks the location of a PAC script.
 * @throws UsageError if it is neither a path nor a URL that can be fetched, or contains credentials
 */
export function checkPacSource(text: string): string {
  if (text.trim() === '') throw new UsageError('an empty path', { hint: 'name a file or a URL' });
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && !['http', 'https', 'file'].includes(scheme)) {
    throw new UsageError(`a PAC script is given as a file, http:// or https://, not ${scheme}://`, {
      hint: 'such as proxy.pac, or http://wpad/wpad.dat',
    });
  }
  if (scheme !== undefined && /^[a-z]+:\/\/[^/?#]*@/i.test(text)) {
    throw new UsageError('the URL of the PAC script contains credentials', {
      hint: 'download the script with curl and give the file',
    });
  }
  return text;
}
