import { type Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import type { HitAuth, HitTls } from '../../scenario/hit.ts';
import type { CredentialSource } from '../../scenario/types.ts';
import type { Host } from '../host.ts';
import { readUser } from './credentials.ts';
import { collect } from './values.ts';

/** The flags of `hit` for users, authentication and TLS; the names are curl's. */
export interface AuthFlags {
  readonly proxyUser?: string;
  readonly proxyBasic?: boolean;
  readonly proxyNegotiate?: boolean;
  readonly user?: string;
  readonly basic?: boolean;
  readonly negotiate?: boolean;
  readonly challenge?: boolean;
  readonly keytab?: string;
  readonly principal?: string[];
  readonly service?: string;
  readonly proxytunnel?: boolean;
  readonly cacert?: string;
  readonly insecure?: boolean;
  readonly tlsResume?: boolean;
  readonly 'tlsv1.3'?: boolean;
}

export function addAuthOptions(command: Command): Command {
  const exclusive = (flags: string, about: string, ...others: string[]) =>
    new Option(flags, about).conflicts(others);
  command
    .option(
      '-U, --proxy-user <user:password>',
      'credentials for the proxy; also env:NAME, @file, pupil{1-30}:password',
    )
    .addOption(
      exclusive('--proxy-basic', 'authenticate to the proxy with Basic (default with -U)', 'proxyNegotiate'),
    )
    .option('--proxy-negotiate', 'authenticate to the proxy with Negotiate: Kerberos tickets')
    .option('-u, --user <user:password>', 'credentials for the origin, as -U for the proxy')
    .addOption(exclusive('--basic', 'authenticate to the origin with Basic (default with -u)', 'negotiate'))
    .option('--negotiate', 'authenticate to the origin with Negotiate')
    .option('--challenge', 'send credentials only when challenged (407, 401), as browsers do');
  return addTicketOptions(command)
    .option('-p, --proxytunnel', 'reach the target through CONNECT (always on for https:// with -x)')
    .option('--cacert <file>', 'trust these PEM certificates instead of the system’s')
    .option('-k, --insecure', 'accept any certificate (as in curl; not ab’s keep-alive)')
    .option('--tlsv1.3', 'TLS 1.3 or later (default: 1.2 or later)')
    .option('--tls-resume', 'resume the TLS session of the previous connection');
}

/** The source of tickets; also for `run` and `doctor`. */
export function addTicketOptions(command: Command): Command {
  return command
    .option('--keytab <file>', 'Negotiate: keytab to get tickets with (default: the ticket cache)')
    .option(
      '--principal <name>',
      'Negotiate: principal of the keytab, or pupil{1-30}@REALM (repeatable)',
      collect,
    )
    .option(
      '--service <name>',
      'Negotiate: service to get tickets for (default: HTTP@ and the challenging host)',
    );
}

/**
 * How to authenticate, as with curl: credentials are sent preemptively, unless --challenge is given.
 * @throws UsageError if flags contradict each other
 */
export function readAuth(flags: AuthFlags, host: Host): HitAuth | undefined {
  const isToProxy =
    flags.proxyUser !== undefined || flags.proxyBasic === true || flags.proxyNegotiate === true;
  const isToOrigin = flags.user !== undefined || flags.basic === true || flags.negotiate === true;
  if (isToProxy && isToOrigin) {
    throw new UsageError('credentials are given for the proxy and for the origin at once', {
      hint: 'rushhour answers only one of them: keep -U and --proxy-…, or -u, --basic and --negotiate',
    });
  }
  if (!isToProxy && !isToOrigin) {
    const lone = (['challenge', 'keytab', 'principal', 'service'] as const).find(
      (name) => flags[name] !== undefined,
    );
    if (lone === undefined) return undefined;
    throw new UsageError(`--${lone} needs authentication to the proxy or the origin`, {
      hint: 'add --proxy-negotiate, --negotiate, -U or -u',
    });
  }
  const isNegotiate = (isToProxy ? flags.proxyNegotiate : flags.negotiate) === true;
  const mode = flags.challenge === true ? 'challenge' : 'preemptive';
  const to = isToProxy ? 'proxy' : 'origin';
  return isNegotiate
    ? { to, mode, scheme: 'negotiate', ...readTickets(flags, isToProxy ? flags.proxyUser : flags.user) }
    : { to, mode, scheme: 'basic', credentials: readBasic(flags, to, host) };
}

function readTickets(
  { keytab, principal, service }: AuthFlags,
  user: string | undefined,
): Pick<HitAuth, 'credentials' | 'service'> {
  // curl requires a user in order to authenticate at all; ":" means none.
  if (user !== undefined && user !== ':') {
    throw new UsageError('Negotiate sends tickets, not passwords', {
      hint: 'remove -U (-u), or use --keytab and --principal',
    });
  }
  if (keytab === undefined && principal !== undefined) {
    throw new UsageError('--principal needs a keytab', { hint: 'add --keytab FILE, which contains its key' });
  }
  return {
    ...(keytab === undefined
      ? {}
      : { credentials: { kind: 'keytab', path: keytab, principals: principal ?? [] } }),
    ...(service === undefined ? {} : { service }),
  };
}

function readBasic(flags: AuthFlags, to: HitAuth['to'], host: Host): CredentialSource {
  const isTicket = flags.keytab !== undefined || flags.principal !== undefined || flags.service !== undefined;
  if (isTicket) {
    throw new UsageError('Basic does not use tickets', {
      hint: 'add --proxy-negotiate (--negotiate), or remove --keytab, --principal and --service',
    });
  }
  const [flag, text] =
    to === 'proxy' ? (['--proxy-user', flags.proxyUser] as const) : (['--user', flags.user] as const);
  if (text !== undefined) return readUser(flag, text, host);
  throw new UsageError('Basic needs a user and a password', {
    hint: `add ${flag} user:password, env:NAME or @file`,
  });
}

/** TLS settings; undefined without any flag for them. */
export function readTls(flags: AuthFlags): HitTls | undefined {
  const tls: HitTls = {
    ...(flags.cacert === undefined ? {} : { ca: flags.cacert }),
    ...(flags.insecure === true ? { insecure: true } : {}),
    ...(flags['tlsv1.3'] === true ? { minVersion: '1.3' as const } : {}),
    ...(flags.tlsResume === true ? { resumption: true } : {}),
  };
  return Object.keys(tls).length === 0 ? undefined : tls;
}
