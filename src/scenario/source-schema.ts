import { isIP } from 'node:net';
import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { checkAddress, fixParams, parsedText } from './leaves.ts';
import { duration, portRange, positiveDuration } from './quantities.ts';
import type { SourceAddress, SourceSpec } from './types.ts';
import { PORT_ORDERS } from './words.ts';

const address = parsedText(parseSourceAddress, {
  examples: ['192.0.2.10', '192.0.2.0/28', 'interface:eth0', 'all'],
});

/** Keys allowed under `source`. */
export const sourceKeys = z
  .strictObject({
    addresses: z
      .union([address, z.array(address).min(1)])
      .optional()
      .describe(
        'An address, a network (those of its addresses that this machine has), interface:<name>, all, or a list of these. Default: the one that the system would choose.',
      ),
    ports: portRange().optional().describe('Source ports, first and last. Default: the system chooses.'),
    order: z
      .enum(PORT_ORDERS)
      .optional()
      .describe(
        'Which free port comes next: sequential, random, mru (freed last), lru (freed longest ago). Default: sequential.',
      ),
    reuseAfter: duration()
      .optional()
      .describe('Minimum time from the close of an address and port to its next use. Default: 0s.'),
    reuseExactly: positiveDuration()
      .optional()
      .describe('Reuse an address and port exactly this long after it was closed.'),
    emulate: z
      .boolean()
      .optional()
      .describe(
        'Emulate hosts with these addresses, which no other host may use: every host address of a network. Needs --engine packet. Default: false.',
      ),
    interface: parsedText(parseInterface, { examples: ['eth0'] })
      .optional()
      .describe(
        'Interface to send packets from. Needs --engine packet. Default: the one that the system’s routes select.',
      ),
  })
  .describe('Where connections come from.');

/** Source addresses and ports of an arm. */
export const source = sourceKeys.transform((written, context): SourceSpec => {
  const { addresses = [], ports, order, reuseAfter, reuseExactly, emulate, interface: by } = written;
  const refuse = (message: string, fix: string): void => {
    context.issues.push({ code: 'custom', message, params: fixParams(fix), input: written });
  };
  const packets = {
    ...(emulate === true ? { emulate } : {}),
    ...(by === undefined ? {} : { interface: by }),
  };
  if (emulate === true && ![addresses].flat().every(isNamed))
    refuse(
      'emulate with addresses of this machine',
      'in addresses:, name some that no host uses, such as 10.1.0.0/22; interface: sets where they are',
    );
  if (emulate === true && written.addresses === undefined)
    refuse('emulate without addresses', 'add addresses:, such as 10.1.0.0/22');
  if (ports === undefined) {
    if ((order ?? reuseAfter ?? reuseExactly) !== undefined)
      refuse('order, reuseAfter or reuseExactly without ports', 'add ports:, such as 20000-20999');
    if (written.addresses === undefined && by === undefined && emulate !== true)
      refuse('an empty source', 'add addresses:, ports:, or both');
    return { addresses: [addresses].flat(), ...packets };
  }
  if (reuseAfter !== undefined && reuseExactly !== undefined)
    refuse('reuseAfter and reuseExactly exclude each other', 'keep one of them');
  return {
    addresses: [addresses].flat(),
    ports: {
      range: ports,
      order: order ?? 'sequential',
      reuseAfterUs: reuseExactly ?? reuseAfter ?? 0,
      ...(reuseExactly === undefined ? {} : { reuseExactlyUs: reuseExactly }),
    },
    ...packets,
  };
});

/** Neither the machine's own interfaces nor all of its addresses. */
function isNamed({ kind }: SourceAddress): boolean {
  return kind === 'address' || kind === 'network';
}

/**
 * A name that Linux allows for an interface (dev_valid_name(), net/core/dev.c).
 * @throws UsageError
 */
export function parseInterface(text: string): string {
  const isValid = text !== '.' && text !== '..' && /^[^\s/:]+$/.test(text) && Buffer.byteLength(text) < 16;
  if (isValid) return text;
  throw new UsageError(`${JSON.stringify(text)} is not an interface name`, {
    hint: 'write one such as eth0; "ip link" lists them',
  });
}

/** @throws UsageError */
export function parseSourceAddress(text: string): SourceAddress {
  if (text === 'all') return { kind: 'all' };
  const [, name] = /^interface:([^\s/]+)$/.exec(text) ?? [];
  if (name !== undefined) return { kind: 'interface', name };
  const [, network = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  if (bits === '') return { kind: 'address', address: checkAddress(text) };
  const family = isIP(network);
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) {
    throw new UsageError(`"${text}" is not a network`, { hint: 'write one such as 192.0.2.0/28' });
  }
  return { kind: 'network', network, prefix: Number(bits) };
}
