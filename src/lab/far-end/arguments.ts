import { parseArgs } from 'node:util';
import { UsageError } from '../../errors.ts';
import type { HostPort } from '../../scenario/types.ts';
import { FAR_END_DEFAULTS, type FarEndOptions, type FarEndPorts } from './protocol.ts';

const SWITCHES = [
  ['keep-alive', 'keepAlive'],
  ['basic', 'asksForBasic'],
  ['close-after-challenge', 'closesAfterChallenge'],
  ['tls', 'tls'],
] as const;

const MAX_PORT = 65_535;

/** Options as the process's arguments; {@link parseArguments} reads them back. */
export function formatArguments(options: FarEndOptions): string[] {
  const { host, port } = options.listen;
  return [
    ...['--listen', `${host.includes(':') ? `[${host}]` : host}:${port}`],
    ...['--origin-port', String(options.originPort)],
    ...['--response-bytes', String(options.responseBytes)],
    ...['--delay-ms', String(options.delayMs)],
    ...(options.second === undefined ? [] : ['--second', `${options.second.proxy}:${options.second.origin}`]),
    ...(options.restart === undefined
      ? []
      : ['--restart', `${options.restart.everyMs}:${options.restart.awayMs}`]),
    ...SWITCHES.flatMap(([flag, key]) => (options[key] ? [`--${flag}`] : [])),
  ];
}

/** @throws UsageError if an argument is unknown or out of range */
export function parseArguments(argv: readonly string[]): FarEndOptions {
  const values = readFlags(argv);
  return {
    listen: values.listen === undefined ? FAR_END_DEFAULTS.listen : parseListen(values.listen),
    originPort: parsePort('--origin-port', values['origin-port'], FAR_END_DEFAULTS.originPort),
    keepAlive: values['keep-alive'] ?? FAR_END_DEFAULTS.keepAlive,
    asksForBasic: values.basic ?? FAR_END_DEFAULTS.asksForBasic,
    closesAfterChallenge: values['close-after-challenge'] ?? FAR_END_DEFAULTS.closesAfterChallenge,
    tls: values.tls ?? FAR_END_DEFAULTS.tls,
    responseBytes: parseCount('--response-bytes', values['response-bytes'], FAR_END_DEFAULTS.responseBytes),
    delayMs: parseCount('--delay-ms', values['delay-ms'], FAR_END_DEFAULTS.delayMs),
    ...(values.second === undefined ? {} : { second: parseSecond(values.second) }),
    ...(values.restart === undefined ? {} : { restart: parseRestart(values.restart) }),
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        listen: { type: 'string' },
        'origin-port': { type: 'string' },
        'keep-alive': { type: 'boolean' },
        basic: { type: 'boolean' },
        'close-after-challenge': { type: 'boolean' },
        tls: { type: 'boolean' },
        'response-bytes': { type: 'string' },
        'delay-ms': { type: 'string' },
        second: { type: 'string' },
        restart: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(`The far end was given an unknown argument: ${String(cause)}`, {
      cause,
    });
  }
}

function parseListen(text: string): HostPort {
  const match = /^\[?(?<host>[^[\]]+?)\]?:(?<port>\d{1,5})$/.exec(text);
  const { host, port } = match?.groups ?? {};
  if (host === undefined || Number(port) > MAX_PORT) {
    throw new UsageError(`--listen ${text} is not an address and port.`, {
      hint: 'Write 127.0.0.1:0 or [::1]:0.',
    });
  }
  return { host, port: Number(port) };
}

function parseSecond(text: string): FarEndPorts {
  const [proxy, origin, ...rest] = text.split(':').map((port) => parsePort('--second', port, 0));
  if (proxy === undefined || origin === undefined || rest.length > 0)
    throw new UsageError(`--second ${text} is not two ports.`, { hint: 'Write 3129:8081.' });
  return { proxy, origin };
}

function parseRestart(text: string): { readonly everyMs: number; readonly awayMs: number } {
  const [everyMs, awayMs, ...rest] = text.split(':').map((ms) => parseCount('--restart', ms, 0));
  if (everyMs === undefined || awayMs === undefined || rest.length > 0 || awayMs >= everyMs)
    throw new UsageError(`--restart ${text} is not two times, the second shorter.`, {
      hint: 'Write 20000:3000.',
    });
  return { everyMs, awayMs };
}

function parsePort(flag: string, text: string | undefined, fallback: number): number {
  const port = parseCount(flag, text, fallback);
  if (port > MAX_PORT) throw new UsageError(`${flag} ${port} is not a port: at most ${MAX_PORT}.`);
  return port;
}

function parseCount(flag: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d{1,9}$/.test(text))
    throw new UsageError(`${flag} ${text} is not a whole number below 1,000,000,000.`);
  return Number(text);
}
