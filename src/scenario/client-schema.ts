import * as z from 'zod';
import { CLIENT_NAMES, type ClientName } from '../client/registry.ts';
import { type ClientKnobs, ECN_MODES, HANDSHAKE_ACKS, ISN_POLICIES } from '../client/types.ts';
import { positiveDuration } from './quantities.ts';
import { SWITCHES, type Switch } from './words.ts';

/** A client as written in a file: its profile, if given, and what differs from it. */
export interface WrittenClient {
  readonly profile?: ClientName;
  readonly knobs: ClientKnobs;
}

const [FIRST, ...OTHERS] = CLIENT_NAMES;
const name = z.enum([FIRST!, ...OTHERS]);

/** Linux, which retries longest, has ten of them. */
const MOST_SYN_WAITS = 16;

const onOrOff = () => z.enum(SWITCHES).optional();

/** Keys allowed in a map under `client`. */
const clientKeys = z
  .strictObject({
    profile: name.optional().describe(`Client to imitate: ${CLIENT_NAMES.join(', ')}. Default: linux-6.`),
    isn: z
      .enum(ISN_POLICIES)
      .optional()
      .describe(
        'Initial sequence numbers: rfc6528 (hash of the addresses and ports, and a clock), clock (one clock, 1 us a step), random, repeat (the same for each pair of addresses and ports).',
      ),
    timestamps: onOrOff().describe('Timestamps option (RFC 7323).'),
    sack: onOrOff().describe('SACK-permitted option (RFC 2018).'),
    ecn: z
      .enum(ECN_MODES)
      .optional()
      .describe('What the first SYN asks for: off, ecn (RFC 3168) or accecn (RFC 9768).'),
    fastOpen: onOrOff().describe('Ask for a TCP Fast Open cookie (RFC 7413).'),
    window: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Receive window of the SYN, and after the handshake; bytes.'),
    windowScale: z
      .union([z.int().min(0).max(14), z.literal('off')])
      .optional()
      .describe('Window scale option (RFC 7323): 0-14, or off.'),
    mss: z
      .int()
      .min(88)
      .max(1_460)
      .optional()
      .describe('Maximum segment size offered over IPv4, bytes; 20 less over IPv6.'),
    ttl: z.int().min(1).max(255).optional().describe('Time to live, or hop limit.'),
    dscp: z.int().min(0).max(63).optional().describe('Differentiated services code point; 46 is EF.'),
    synWaits: z
      .array(positiveDuration())
      .min(1)
      .max(MOST_SYN_WAITS)
      .optional()
      .describe(
        'Waits after the first SYN, the second and so on; one more SYN is sent than there are waits.',
      ),
    handshakeAck: z
      .enum(HANDSHAKE_ACKS)
      .optional()
      .describe(
        'How the SYN-ACK is acknowledged: separate (a segment of its own, as all profiles do) or with-request.',
      ),
  })
  .describe('A client, and what differs from it.');

/** What an arm's connections look like. Packet engine only. */
export const client = z.union([name, clientKeys]).transform((written): WrittenClient => {
  if (typeof written === 'string') return { profile: written, knobs: {} };
  const { profile, timestamps, sack, fastOpen, synWaits, ...same } = written;
  return {
    ...given({ profile }),
    knobs: {
      ...given(same),
      ...given({ timestamps: isOn(timestamps), sack: isOn(sack), fastOpen: isOn(fastOpen) }),
      ...given({ synWaitsUs: synWaits }),
    },
  };
});

function isOn(written: Switch | undefined): boolean | undefined {
  return written === undefined ? undefined : written === 'on';
}

/** Without the keys that are undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
