import * as z from 'zod';
import { MAX_PAGE_HOSTS, parsePageHosts, parsePagePath } from './address.ts';
import { fixParams, parsedText } from './leaves.ts';
import type { BrowserLoad, PageHost } from './load-types.ts';
import { duration, positiveDuration } from './quantities.ts';
import { BROWSER_KINDS, type BrowserKind } from './words.ts';

/**
 * Connections that Chromium opens to one host, and therefore to one proxy per host (ClientSocketPoolManager), and that
 * Firefox opens to a proxy (network.http.max-persistent-connections-per-proxy).
 */
const DEFAULT_CONNECTIONS: Readonly<Record<BrowserKind, number>> = { chromium: 6, firefox: 32 };

/**
 * A used connection that has been idle this long is closed. Chromium: net/socket/client_socket_pool.cc,
 * g_used_idle_socket_timeout_s; Firefox: network.http.keep-alive.timeout.
 */
const DEFAULT_IDLE_US: Readonly<Record<BrowserKind, number>> = {
  chromium: 300_000_000,
  firefox: 115_000_000,
};

const DEFAULT_THINK_US = 10_000_000;

/** A document and its subresources: a page of moderate size. */
const DEFAULT_OBJECTS = 40;

const path = parsedText(parsePagePath, { examples: ['/img/{object}.png', '/style.css?n={nonce}'] });

const namedHosts = parsedText(parsePageHosts, {
  examples: ['cdn{1-19}.example.org', '127.0.0.{2-20}:8080'],
});

const hosts = z
  .union([z.array(namedHosts).min(1), z.int().min(1).max(MAX_PAGE_HOSTS)])
  .transform((written): PageHost[] =>
    typeof written === 'number'
      ? Array.from({ length: written }, (_, standIn) => ({ standIn }))
      : written.flat(),
  );

const page = z
  .strictObject({
    objects: z
      .int()
      .min(1)
      .max(1_000)
      .optional()
      .describe('Requests per page, including the document. Default: 40.'),
    paths: z
      .array(path)
      .optional()
      .describe(
        'Paths of the objects after the document, used in turn; may contain {object} and {nonce}. Default: the target’s.',
      ),
    hosts: hosts
      .optional()
      .describe(
        'Hosts of the objects after the document, used in turn; needs a proxy, which looks them up. A number: as many as that, the document’s being one, and the target is asked for all of them. Default: the target’s.',
      ),
  })
  .describe('What a page consists of.');

/** Keys allowed beside `browsers`. */
export const browserKeys = z.strictObject({
  browsers: z.int().min(1).describe('Simultaneous browsers, over all workers.'),
  profile: z.enum(BROWSER_KINDS).optional().describe('Which browser they behave like. Default: chromium.'),
  for: positiveDuration().describe('How long to open new pages.'),
  ramp: duration()
    .optional()
    .describe('Start browsers evenly spread over this time. Default: 0s, all at once.'),
  connections: z
    .int()
    .min(1)
    .max(32)
    .optional()
    .describe('Maximum connections that one browser keeps open to one host. Default: 6.'),
  think: duration()
    .optional()
    .describe('Mean pause between a page and the next, exponentially distributed. Default: 10s.'),
  idle: positiveDuration()
    .optional()
    .describe('A connection is of no use after being idle this long. Default: 5m, of Firefox 115s.'),
  page: page.optional(),
});

export const browserLoad = browserKeys
  .describe(
    'A population of browsers: each opens a page over several persistent connections, pauses, and opens the next.',
  )
  .check(({ value, issues }) => {
    if (value.profile !== 'firefox' || value.connections === undefined) return;
    issues.push({
      code: 'custom',
      message: '"connections" does not apply to Firefox, which keeps up to 32 to a proxy and 6 to an origin',
      path: ['connections'],
      params: fixParams('remove connections, or use profile: chromium'),
      input: value.connections,
    });
  })
  .transform(
    ({
      browsers,
      profile = 'chromium',
      for: forUs,
      ramp,
      connections,
      think,
      idle,
      page: { objects, paths, hosts } = {},
    }): BrowserLoad => ({
      kind: 'browsers',
      browsers,
      profile,
      rampUs: ramp ?? 0,
      forUs,
      connections: connections ?? DEFAULT_CONNECTIONS[profile],
      thinkUs: think ?? DEFAULT_THINK_US,
      idleUs: idle ?? DEFAULT_IDLE_US[profile],
      page: { objects: objects ?? DEFAULT_OBJECTS, paths: paths ?? [], hosts: hosts ?? [] },
    }),
  );

/** Keys allowed under `page`. */
export const pageKeys = page;
