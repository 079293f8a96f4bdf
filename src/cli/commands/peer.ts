import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { MAX_TOKEN_CHARACTERS, MIN_TOKEN_CHARACTERS } from '../../evidence/peer/fingerprint.ts';
import { formatVersion } from '../../render/version.ts';
import { parseDuration } from '../../scenario/units.ts';
import { readVersions } from '../../session/load/versions.ts';
import type { Context } from '../context.ts';
import { PEER_TOKEN_VARIABLE } from '../flags/peer-options.ts';
import type { Host } from '../host.ts';

interface PeerFlags {
  readonly listen?: string;
  readonly watch: string;
  readonly write?: string;
  readonly for: string;
}

/** A forgotten peer must end by itself. A timer takes no more than 24.8 days. */
const LONGEST = '24d';
const DEFAULT_FOR = '12h';
const MOST_PORTS = 16;

export function registerPeer(program: Command, context: Context): void {
  program
    .command('peer')
    .description(
      'Record what arrives at the far host; run this on the proxy. It captures the headers of handshakes with the given ports (SYN, SYN-ACK, RST, FIN, bare acknowledgements, ICMP errors; never payload) and sends them over TLS to runs that use --peer and know its fingerprint and token, or writes them to a file.',
    )
    .requiredOption('--watch <ports>', 'ports of the proxy: 3128 or 3128,8080')
    .option('--listen <address:port>', 'address and port for runs to connect to')
    .option('--write <file>', 'write a pcapng for "rushhour evidence --far" and Wireshark')
    .option('--for <duration>', `stop after this time; ${LONGEST} at most`, DEFAULT_FOR)
    .addHelpText(
      'after',
      `
Needs the capability CAP_NET_RAW (sudo). Changes nothing on this host, and sends only to the runs that it serves.

Examples:
  sudo rushhour peer --listen 10.0.0.2:7411 --watch 3128      then run what it prints on the probe
  sudo rushhour peer --watch 3128 --write far.pcapng --for 10m
  sudo tcpdump -i any -s 128 -w far.pcap tcp port 3128        the same capture without rushhour

${PEER_TOKEN_VARIABLE} sets the token (${MIN_TOKEN_CHARACTERS} to ${MAX_TOKEN_CHARACTERS} characters); without it, each start makes a new one.`,
    )
    .action(context.act((flags: PeerFlags) => peer(context, flags)));
}

async function peer({ host }: Context, flags: PeerFlags): Promise<ExitCode> {
  const ports = parsePorts(flags.watch);
  const forUs = parseFor(flags.for);
  const listen = flags.listen === undefined ? undefined : parseListen(flags.listen);
  if (listen === undefined && flags.write === undefined) {
    throw new UsageError(
      'the peer has nowhere to send what it records: give --listen ADDRESS:PORT, --write FILE, or both',
      {
        hint: 'rushhour peer --listen 10.0.0.2:7411 --watch 3128',
      },
    );
  }
  const token = readToken(host.env[PEER_TOKEN_VARIABLE]);
  const { openPeer } = await import('../../evidence/peer/open-peer.ts');
  const say = (line: string) => host.stderr.write(`rushhour: ${line}\n`);
  const opened = await openPeer({
    ...{ ports, token: token.value, say },
    application: `rushhour ${formatVersion(readVersions())}`,
    ...(listen === undefined ? {} : { listen }),
    ...(flags.write === undefined ? {} : { write: resolve(host.cwd, flags.write) }),
  });
  try {
    if (opened.served !== undefined) {
      host.stdout.write(
        [
          'On the probe:',
          ...(token.isNew ? [`  export ${PEER_TOKEN_VARIABLE}=${token.value}`] : []),
          `  rushhour run ... --peer ${opened.served.at} --peer-fingerprint ${opened.served.fingerprint}`,
          '',
        ].join('\n'),
      );
    }
    say(`recording handshakes with port ${ports.join(', ')}; press Ctrl-C to stop`);
    await stopSignalled(host, forUs / 1_000);
  } finally {
    await opened.close();
  }
  return EXIT.ok;
}

/** Resolves at the first signal, or when the time is up. */
function stopSignalled(host: Host, afterMs: number): Promise<void> {
  return new Promise((end) => {
    const stop = (): void => {
      clearTimeout(timer);
      release();
      end();
    };
    const release = host.onStopSignal(stop);
    const timer = setTimeout(stop, afterMs);
  });
}

function parsePorts(text: string): number[] {
  const ports = [...new Set(text.split(',').map((port) => port.trim()))];
  if (ports.length > MOST_PORTS || ports.some((port) => !isPort(port))) {
    throw new UsageError(`--watch ${text} is not a list of ports`, {
      hint: `give 1 to ${MOST_PORTS} ports, such as --watch 3128,8080`,
    });
  }
  return ports.map(Number);
}

function parseListen(text: string): { address: string; port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? '';
  const family = isIP(address);
  if (family === 0 || (family === 6) !== (bracketed !== undefined) || !isPort(port, 0)) {
    throw new UsageError(`--listen ${text} is not an IP address with a port`, {
      hint: 'write it as 10.0.0.2:7411 or [2001:db8::2]:7411',
    });
  }
  return { address, port: Number(port) };
}

function parseFor(text: string): number {
  const forUs = parseDuration(text);
  if (forUs === 0 || forUs > parseDuration(LONGEST))
    throw new UsageError(`--for ${text} is outside 1us to ${LONGEST}`, { hint: 'for example --for 8h' });
  return forUs;
}

function readToken(given: string | undefined): { value: string; isNew: boolean } {
  if (given === undefined || given === '')
    return { value: randomBytes(24).toString('base64url'), isNew: true };
  if (given.length < MIN_TOKEN_CHARACTERS || given.length > MAX_TOKEN_CHARACTERS) {
    throw new UsageError(`${PEER_TOKEN_VARIABLE} has ${given.length} characters`, {
      hint: `use ${MIN_TOKEN_CHARACTERS} to ${MAX_TOKEN_CHARACTERS} characters, or unset it to have a token made`,
    });
  }
  return { value: given, isNew: false };
}

function isPort(text: string, least = 1): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= 65_535;
}
