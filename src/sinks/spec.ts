import { UsageError } from '../errors.ts';
import { kindOf, SINK_NAMES, SINKS, type SinkName, type SinkSpec } from './registry.ts';
import type { SinkSecrets } from './types.ts';

const OR = new Intl.ListFormat('en', { type: 'disjunction' });
const AND = new Intl.ListFormat('en');

/** How the addresses of all kinds are written: "influxdb://HOST:8086/DATABASE, ... or ...". */
export const SINK_FORMS = OR.format(SINK_NAMES.map((name) => kindOf({ kind: name }).form));

const SECURE = SINK_NAMES.filter((name) => SINKS[name].takesTls).map((name) => `${name}s://`);
const FORMS = `${SINK_FORMS}; with TLS ${AND.format(SECURE)}`;

/**
 * @param flag what named it, for errors
 * @throws UsageError, without credentials that were in the text
 */
export function parseSink(text: string, flag = '--sink'): SinkSpec {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url === undefined ? undefined : readScheme(url.protocol.slice(0, -1));
  if (url === undefined || scheme === undefined) {
    throw new UsageError(`${flag}: this is not a sink`, { hint: `write ${FORMS}` });
  }
  const kind = kindOf({ kind: scheme.name });
  const shown = `${flag} ${url.protocol}//${url.host}`;
  refuseCredentials(url, shown);
  const path = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decode(part, shown));
  const wrong = (hint: string): UsageError =>
    new UsageError(`${shown}: part of this address is invalid`, { hint });
  const host = url.hostname === '' ? kind.defaultHost : url.hostname;
  if (host === undefined) throw wrong(`name a host: ${FORMS}`);
  if (url.hash !== '') throw wrong('remove the # and what follows');
  if ([...url.searchParams.keys()].some((key) => key !== kind.query?.key)) throw wrong(queryHint());
  const port = url.port === '' ? kind.defaultPort : Number(url.port);
  return kind.parse({ host, port, tls: scheme.tls }, { path, query: url.searchParams, wrong });
}

function readScheme(scheme: string): { name: SinkName; tls: boolean } | undefined {
  for (const name of SINK_NAMES) {
    if (scheme === name) return { name, tls: false };
    if (scheme === `${name}s` && SINKS[name].takesTls) return { name, tls: true };
  }
  return undefined;
}

function queryHint(): string {
  const taken = SINK_NAMES.flatMap((name) => kindOf({ kind: name }).query?.form ?? []);
  return ['leave out what follows the ?', ...taken].join('; ');
}

/** The schemes of the kinds that are shown such a secret: "influxdb://". */
export function sinksShown(secret: keyof SinkSecrets): string {
  return AND.format(
    SINK_NAMES.filter((name) => kindOf({ kind: name }).secret === secret).map((name) => `${name}://`),
  );
}

function refuseCredentials(url: URL, shown: string): void {
  const hasUser = url.username !== '' || url.password !== '';
  const hasQuery = ['u', 'p', 'token'].some((key) => url.searchParams.has(key));
  if (!hasUser && !hasQuery) return;
  throw new UsageError(`${shown}: an address must not contain credentials, because it is shown and stored`, {
    hint: `write --sink-user env:NAME or @file (${sinksShown('user')}), or --sink-token env:NAME or @file (${sinksShown('token')})`,
  });
}

function decode(part: string, shown: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new UsageError(`${shown}: its path is not valid percent-encoding`, {
      hint: 'write %25 for a percent sign',
      cause,
    });
  }
}
