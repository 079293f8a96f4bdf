import * as z from 'zod';
import { adaptive } from './adaptive-schema.ts';
import { parseTarget } from './address.ts';
import { auth } from './auth-schema.ts';
import { client } from './client-schema.ts';
import { parseCriterion } from './criteria.ts';
import { expect } from './expect-schema.ts';
import { firewall } from './firewall-schema.ts';
import { checkHeaderValue, checkMethod, fixParams, namedKey, parsedText, TOKEN } from './leaves.ts';
import { load } from './load-schema.ts';
import { DEFAULT_LOOK } from './look.ts';
import { checkMarker } from './marker.ts';
import { proxyValue } from './proxy-schema.ts';
import { holdTime, positiveDuration, positiveRate } from './quantities.ts';
import { socket } from './socket-schema.ts';
import { source } from './source-schema.ts';
import { tls } from './tls-schema.ts';
import type { LookSpec } from './types.ts';
import {
  ADDRESS_USES,
  CAPTURE_MODES,
  CLOSE_MODES,
  FINDINGS,
  HTTP_VERSIONS,
  MOST_PROOF_AGES,
  SWITCHES,
  VIAS,
} from './words.ts';

const headerValue = parsedText(checkHeaderValue, { examples: ['*/*'] }).describe(
  'Value of a header; in quotes if it looks like a number.',
);

export const targetValue = parsedText((text) => parseTarget(text, true), {
  examples: ['http://www.example.org/', 'https://www.example.org/', 'tcp://192.0.2.1:443'],
});

const request = z
  .strictObject({
    method: parsedText(checkMethod, { examples: ['GET'] })
      .optional()
      .describe('Request method. Default: GET.'),
    version: z.enum(HTTP_VERSIONS).optional().describe('HTTP version, in quotes. Default: "1.1".'),
    headers: z
      .record(
        namedKey(TOKEN, 'header name', 'use letters, digits and hyphens'),
        z.union([headerValue, z.array(headerValue)]),
      )
      .optional()
      .describe('Headers in the order written; a list repeats one. Values may contain {nonce}.'),
    body: z.string().optional().describe('Request body. Default: none.'),
  })
  .describe('What is sent once the connection is established. Not for via: tcp.');

const timeouts = z
  .strictObject({
    handshake: positiveDuration().optional().describe('From SYN to established. Default: 10s.'),
    response: positiveDuration()
      .optional()
      .describe('From established to the complete response, and again to the far end’s close. Default: 15s.'),
  })
  .describe('How long to wait before giving up.');

/** A higher rate would be a load. */
const MOST_LOOK_PER_SEC = 100;

/** An arm's name: it is a histogram tag and part of criteria. */
export const ARM_NAME = /^[A-Za-z0-9_-]{1,40}$/;

/** One arm as written. Every key may also appear under `defaults`, so none is required here. */
export const armSchema = z.strictObject({
  via: z
    .enum(VIAS)
    .optional()
    .describe(
      'proxy: request through the proxy; tunnel: CONNECT to the proxy, then to the target through it; direct: to the target; tcp: connect only; icmp: ping only. Default: proxy; tunnel for an https:// target, tcp for a tcp:// one.',
    ),
  proxy: proxyValue
    .optional()
    .describe('Proxy of this arm, host:port; or { pac: <file or URL>, spread: true } to use a PAC script.'),
  target: targetValue
    .optional()
    .describe('Target of this arm: http:// or https:// URL, may contain {nonce}; or tcp://host:port.'),
  prefer: z
    .union([z.literal(4), z.literal(6)])
    .optional()
    .describe('Use IPv4 or IPv6 if the name has addresses of both families. Default: both.'),
  addresses: z
    .enum(ADDRESS_USES)
    .optional()
    .describe(
      'For a name with several addresses: spread (use each in turn) or first (use the first that answers). Default: spread.',
    ),
  request: request.optional(),
  expect: expect
    .optional()
    .describe(
      'What counts as completed: { status: [200] }, optionally with body, bytes or header of the response; established; or refused. Default: status 200; established for via: tcp.',
    ),
  load: load
    .optional()
    .describe(
      'A list of phases (open loop), concurrency with attempts or for (closed loop), a sweep of delays, or browsers.',
    ),
  timeouts: timeouts.optional(),
  stallAfter: positiveDuration()
    .optional()
    .describe('A handshake that takes this long, with a SYN retransmission, has stalled. Default: 0.9s.'),
  close: z
    .enum(CLOSE_MODES)
    .optional()
    .describe(
      'Who closes: peer (the far end first), fin (this end), reset (this end, with an RST). Default: peer; fin for via: tcp.',
    ),
  hold: holdTime()
    .optional()
    .describe(
      'Keep each connection open this long after its exchange; or "together": until the load is over and its last handshake decided, when all are checked at once, and closed once all have been. Default: 0s.',
    ),
  prove: z
    .union([positiveDuration(), z.array(positiveDuration()).min(1).max(MOST_PROOF_AGES)])
    .optional()
    .describe(
      'An age, or a list, below hold: each connection is checked by keep-alives at one of these ages or at the end of the hold, in turn, and then closed. Default: all at the end.',
    ),
  socket: socket.optional(),
  source: source.optional(),
  auth: auth
    .optional()
    .describe(
      'How to answer a challenge for credentials: scheme, mode, to, credentials, service; or none. Default: none.',
    ),
  tls: tls.optional(),
  client: client
    .optional()
    .describe(
      'Client to imitate, packet by packet: a profile, such as windows-11, or a map of what differs from it. Needs --engine packet. --client replaces the profile under defaults. Default: linux-6.',
    ),
});

const look = z
  .union([
    z.enum(SWITCHES),
    z
      .strictObject({
        rate: positiveRate()
          .optional()
          .describe('Rate of the arm with the highest rate; the others are scaled. Default: 20/s.'),
        for: positiveDuration().optional().describe('How long, 1s to 1m. Default: 10s.'),
      })
      .describe('How much load the pre-load check sends.'),
  ])
  .transform((written, context): LookSpec | undefined => {
    if (typeof written === 'string') return written === 'on' ? DEFAULT_LOOK : undefined;
    const { rate = DEFAULT_LOOK.ratePerSec, for: forUs = DEFAULT_LOOK.forUs } = written;
    if (rate <= MOST_LOOK_PER_SEC && forUs >= 1_000_000 && forUs <= 60_000_000)
      return { ratePerSec: rate, forUs };
    context.issues.push({
      code: 'custom',
      message: 'this is more than a check before the load may send',
      params: fixParams('keep it at 100/s or less, for 1s to 1m'),
      input: written,
    });
    return z.NEVER;
  });

/** A scenario file. The only place that defines what it may contain. */
export const scenarioSchema = z
  .strictObject({
    schema: z.literal(1).describe('Version of this format.'),
    description: z.string().optional().describe('What the scenario is for, in one line.'),
    farEnd: z
      .enum(['embedded', 'none'])
      .optional()
      .describe(
        'embedded: start a proxy and an origin on loopback and point every arm at them. Default: none.',
      ),
    proxy: proxyValue
      .optional()
      .describe(
        'Proxy for every arm without its own, host:port; or { pac: <file or URL>, spread: true } to use a PAC script. --proxy and --pac replace it.',
      ),
    target: targetValue.optional().describe('Target for every arm without its own. --target replaces it.'),
    findings: z
      .array(z.enum(FINDINGS))
      .optional()
      .describe(
        'What to look for afterwards: knee (rate at which stalls begin), cut-age (age at which held connections are cut), reuse-band (ages of a source port that stall), nat-pool (size of the NAT’s port pool and the rate that it sustains), state-table (how many connections fit at once, and what happens to more).',
      ),
    natPorts: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe(
        'Ports that the NAT on the path has for connections to the proxy: the summary then says how many of the browsers they are enough for. Default: what nat-pool measures, if that is looked for.',
      ),
    tcpTimestamps: z
      .enum(SWITCHES)
      .optional()
      .describe(
        'Set net.ipv4.tcp_timestamps for the run and restore it afterwards; Linux, root. --tcp-timestamps replaces it. Default: unchanged.',
      ),
    capture: z
      .enum(CAPTURE_MODES)
      .optional()
      .describe(
        'Capture the headers of handshakes during the load and keep those of stalled attempts (capture/near.pcapng, evidence.jsonl). auto: if CAP_NET_RAW permits; on: refuse to run without. --capture replaces it. Default: auto.',
      ),
    look: look
      .optional()
      .describe(
        'Send a small share of the load first (on: 20/s for 10s) and stop if responses fail, time out or get ever slower. --no-look skips it. Default: off.',
      ),
    marker: parsedText(checkMarker, { examples: ['ticket-4711'] })
      .optional()
      .describe(
        'Text added to each request and CONNECT as X-Rushhour-Marker, to find them in a capture. --marker replaces it. Default: none.',
      ),
    ping: z
      .enum(SWITCHES)
      .optional()
      .describe(
        'Ping each endpoint once a second during the load, to compare with its handshakes. --no-ping switches it off. Default: on.',
      ),
    firewall: firewall.optional(),
    adaptive: adaptive.optional(),
    defaults: armSchema.optional().describe('Keys that every arm inherits unless it has its own.'),
    arms: z
      .record(z.string().meta({ pattern: ARM_NAME.source }), armSchema.describe('One kind of traffic.'))
      .describe('The kinds of traffic, by name. They run concurrently.'),
    pass: z
      .array(parsedText(parseCriterion, { examples: ['stress.stalled.rate < 0.1%'] }))
      .optional()
      .describe('What must hold for the run to pass: <arm or *>.<figure> <operator> <bound>.'),
  })
  .describe('A rushhour scenario: a map with schema: 1 and arms.');

/** An arm as read: text converted to numbers (microseconds, attempts per second), before inheritance. */
export type ArmFile = z.output<typeof armSchema>;

/**
 * The JSON Schema with which editors complete and check scenario files (draft 7, which YAML language servers support).
 */
export function exportJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(scenarioSchema, { io: 'input', target: 'draft-7' }) };
}
