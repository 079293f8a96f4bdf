import { isIP } from 'node:net';
import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { parsedText } from './leaves.ts';
import { TLS_VERSIONS } from './words.ts';

/** TLS of an arm with an https:// target. */
export const tls = z
  .strictObject({
    serverName: parsedText(checkServerName, { examples: ['www.example.org'] })
      .optional()
      .describe('Name to send (SNI) and to verify. Default: the target’s host.'),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File of PEM certificates to trust instead of the system’s, for a TLS-inspecting proxy that presents its own.',
      ),
    insecure: z
      .boolean()
      .optional()
      .describe('true: accept any certificate. Default: false; true with farEnd: embedded.'),
    minVersion: z
      .enum(TLS_VERSIONS)
      .optional()
      .describe('Lowest version to offer, in quotes. Default: "1.2".'),
    resumption: z
      .boolean()
      .optional()
      .describe('true: resume the session of the previous connection, as browsers do. Default: false.'),
  })
  .describe('TLS of an https:// target.');

/** RFC 6066 section 3: a DNS name; an address is never sent, but its certificate can still be verified. */
function checkServerName(name: string): string {
  if (isIP(name) !== 0 || /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?$/i.test(name)) return name;
  throw new UsageError(`${JSON.stringify(name)} is not a server name`, { hint: 'write only a host name' });
}
