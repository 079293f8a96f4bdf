import { type Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import type { Expectation } from '../../outcome/expectation.ts';
import type { HitOptions } from '../../scenario/hit.ts';
import { CLOSE_MODES, type CloseMode, HTTP_VERSIONS, type HttpVersion } from '../../scenario/words.ts';
import type { Context } from '../context.ts';
import { type AddressOptions, addAddressOptions } from '../flags/address-options.ts';
import { type AuthFlags, addAuthOptions, readAuth, readTls } from '../flags/auth-flags.ts';
import { addBesideOptions, type BesideOptions, readFirewallOptions } from '../flags/beside-options.ts';
import { type ClientOption, clientOption } from '../flags/client-option.ts';
import { addPacOption, type PacOptions } from '../flags/pac-options.ts';
import { addPacketOptions, type PacketOptions } from '../flags/packet-options.ts';
import { addSharedRunOptions, type SharedRunOptions } from '../flags/run-options.ts';
import {
  checkTyped,
  collect,
  parseCount,
  parseDurationsUs,
  parseDurationUs,
  parsePositiveDurationUs,
  parseRatePerSec,
  parseStatuses,
  readBody,
} from '../flags/values.ts';
import type { Host } from '../host.ts';

interface HitFlags
  extends SharedRunOptions,
    AuthFlags,
    PacOptions,
    AddressOptions,
    ClientOption,
    PacketOptions,
    BesideOptions {
  readonly requests?: number;
  readonly concurrency?: number;
  readonly duration?: number;
  readonly time?: number;
  readonly rate?: number;
  readonly proxy?: string | undefined;
  readonly header?: string[];
  readonly request?: string;
  readonly data?: string;
  readonly http?: HttpVersion;
  readonly status?: number[];
  readonly close?: CloseMode;
  readonly hold?: number;
  readonly prove?: number[];
  readonly timeout?: number;
  readonly connectTimeout?: number;
  readonly stallAfter?: number;
  readonly bind?: string[];
  readonly resume?: boolean;
}

export function registerHit(program: Command, context: Context): void {
  const command = program
    .command('hit')
    .description(
      'Open connections to one URL, send one request on each, and report how their handshakes went.',
    )
    .argument(
      '[url]',
      'http:// or https://host[:port]/path, may contain {nonce}; or tcp://host:port for handshakes only (default: $RUSHHOUR_TARGET or rushhour.yaml)',
    )
    .option(
      '-n, --requests <count>',
      'total number of attempts (default: 1, or no limit with -t)',
      parseCount,
    )
    .option('-c, --concurrency <count>', 'connections at once; a new one starts when one ends', parseCount)
    .option('-t, --duration <time>', 'how long to run: 60, 60s, 250ms, 10m', parsePositiveDurationUs)
    .addOption(new Option('--time <time>', 'the same').argParser(parsePositiveDurationUs).hideHelp())
    .option('--rate <rate>', 'start attempts at this rate instead of -c: 500, 2k/s, 30/min', parseRatePerSec)
    .option(
      '-x, --proxy <host:port>',
      'proxy to send the requests to; none: connect directly, ignoring defaults',
    )
    .option('-H, --header <line>', 'a header, "Name: value" (repeatable)', collect)
    .option('-X, --request <method>', 'request method (default: GET, or POST with -d)')
    .option('-d, --data <body>', 'request body, or @file')
    .addOption(new Option('--http <version>', 'HTTP version (default: 1.1)').choices([...HTTP_VERSIONS]))
    .option('--status <list>', 'statuses that count as ok: 200,302 or 2xx,3xx (default: 2xx)', parseStatuses)
    .addOption(
      new Option(
        '--close <who>',
        'who closes: the far end (peer), this side (fin), or this side with an RST (reset)',
      ).choices([...CLOSE_MODES]),
    )
    .option(
      '--hold <time>',
      'keep each connection open this long, then check whether it is still alive',
      parseDurationUs,
    )
    .option(
      '--prove <list>',
      'also check held connections at these ages, in turn, each connection once: 30s,2m',
      parseDurationsUs,
    )
    .option('--timeout <time>', 'time limit for a complete response', parsePositiveDurationUs)
    .option('--connect-timeout <time>', 'time limit for a handshake', parsePositiveDurationUs)
    .option(
      '--stall-after <time>',
      'count a handshake as stalled if it takes this long and needs a SYN retransmission',
      parsePositiveDurationUs,
    )
    .option('--bind <address>', 'source address (repeatable: used in turn)', collect)
    .addOption(clientOption('connections imitate'));
  addBesideOptions(
    addSharedRunOptions(addAuthOptions(addPacOption(addPacketOptions(addAddressOptions(command))))),
  )
    .option('--resume', 'resume a killed run of this command, up to its planned end')
    .addHelpText(
      'after',
      `
Examples:
  rushhour hit http://10.0.0.5/ -n 50000 -c 100
  rushhour hit http://www.example.org/?n={nonce} -x proxy.example:3128 --rate 500 -t 60
  rushhour hit http://www.example.org/ --pac proxy.pac -n 100 -c 10
  rushhour hit tcp://10.0.0.5:443 -n 1000 --rate 100 --close reset
  rushhour hit tcp://10.0.0.5:443 -n 1000 --rate 100 --engine packet --client windows-11
  rushhour hit http://www.example.org/ -x proxy.example:3128 -U env:PROXY_USER -n 500 -c 20
  rushhour hit http://www.example.org/ -x proxy.example:3128 --proxy-negotiate --challenge --rate 50 -t 60
  rushhour hit https://www.example.org/ -x proxy.example:3128 --cacert filter-ca.pem -n 100
  rushhour hit http://www.example.org/ -x proxy.example:3128 --marker ticket-4711 --firewall-before 'ssh fw show' -n 500
  rushhour hit http://10.0.0.5/ --engine packet --emulate 10.1.0.0/22 --rate 5k -t 60

It ends with percentiles (p50, p90, p99, p99.9) of handshake, first byte and total, HTTP statuses, and as ab does: requests a
second, transfer, and what 50, 66, 75, 80, 90, 95, 98, 99 and 100 % of the requests took. --json prints all of it as JSON;
"rushhour export <run>" writes seconds, arms, stalls and latencies as CSV or JSON lines.
There is no ab -k: every attempt opens its own connection, because rushhour counts handshakes. -k is curl's.
Any status but 2xx is a failure, as with ab, and so is a redirect, because filters show a login or block page that way; --status
2xx,3xx accepts it. If fewer than half of the attempts succeed, the exit code is 3.
Credentials go with the first request, as curl sends them; --challenge waits for the 407 (401), as browsers do.
A password on the command line stays in your shell's history: use env:NAME or @file instead.`,
    )
    .action(
      context.act(async (given: string | undefined, flags: HitFlags) => {
        const [{ scenarioForHit }, { driveRun }, { chooseHitEndpoints }, { describeHit }] = await Promise.all(
          [
            import('../../scenario/hit.ts'),
            import('../drive-run.ts'),
            import('../flags/hit-endpoints.ts'),
            import('../output/hit-figures.ts'),
          ],
        );
        const { url, proxy, beside, origins } = await chooseHitEndpoints(context.host, given, flags);
        const scenario = scenarioForHit({
          ...toHitOptions(url, { ...flags, proxy }, context.host),
          beside,
        });
        return driveRun(
          context,
          scenario,
          { ...flags, origins },
          {
            start: context.services.startSession,
            closing: (finished) => describeHit(finished, scenario.arms[0]?.via ?? 'direct', context.host),
          },
        );
      }),
    );
}

/**
 * Rejects -k as ab means it, for URLs that curl's -k does not apply to.
 * @throws UsageError
 */
function refuseKeepAlive(url: string, { insecure }: HitFlags): void {
  if (insecure !== true || /^https:/i.test(url)) return;
  throw new UsageError(
    '-k means what it means in curl (accept any certificate), and only https:// has certificates',
    {
      hint: 'remove it. There is no ab -k: each attempt opens its own connection, because rushhour counts handshakes. For browsers with persistent connections, see "rushhour run first-bell"',
    },
  );
}

function toHitOptions(url: string, flags: HitFlags, host: Host): HitOptions {
  refuseKeepAlive(url, flags);
  const body = flags.data === undefined ? undefined : readBody(flags.data, host.cwd);
  const expect: Expectation | undefined =
    flags.status === undefined ? undefined : { kind: 'status', statuses: flags.status };
  return {
    url,
    requests: flags.requests,
    emulate: flags.emulate,
    interface: flags.interface,
    concurrency: flags.concurrency,
    ratePerSec: flags.rate,
    durationUs: flags.duration ?? flags.time,
    proxy: flags.proxy,
    headers: flags.header?.map((line) => checkTyped('-H', line)),
    method: flags.request ?? (body === undefined ? undefined : 'POST'),
    version: flags.http,
    body,
    expect,
    close: flags.close,
    holdUs: flags.hold,
    proveUs: flags.prove,
    handshakeTimeoutUs: flags.connectTimeout,
    responseTimeoutUs: flags.timeout,
    stallAfterUs: flags.stallAfter,
    tunnel: flags.proxytunnel,
    auth: readAuth(flags, host),
    tls: readTls(flags),
    tcpTimestamps: flags.tcpTimestamps,
    capture: flags.capture,
    marker: flags.marker,
    ping: flags.ping,
    firewall: readFirewallOptions(flags),
    prefer: flags.prefer,
    addresses: flags.addresses,
    client: flags.client,
    socket: flags.bind === undefined ? undefined : { bind: flags.bind },
  };
}
