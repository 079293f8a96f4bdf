import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { connectPeer } from '../../src/evidence/peer/connect-peer.ts';
import { CaptureReader } from '../../src/net/capture/capture-reader.ts';
import { decodeFrame } from '../../src/net/wire/decode.ts';
import { ACK, createPacket, FIN, RST, SYN } from '../../src/net/wire/packet.ts';
import { makeFolder } from '../store/runs.ts';
import { useOwnNetwork } from '../support/own-network.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { createFakeHost } from './fake-host.ts';

const CANARY = 'canary-in-the-payload';

/** Runs it until it says that it records, does the work, then presses Ctrl-C. */
async function peering(
  args: readonly string[],
  work: (printed: string) => Promise<void>,
  options: Parameters<typeof createFakeHost>[0] = {},
) {
  const host = createFakeHost({ cwd: makeFolder(), ...options });
  const ended = runCli(['peer', ...args], host);
  while (!host.stderr.text.includes('recording handshakes')) {
    const isOver = await Promise.race([ended.then(() => true), sleep(5).then(() => false)]);
    if (isOver) break;
  }
  await work(host.stdout.text);
  host.signal('SIGINT');
  return { exitCode: await ended, out: host.stdout.text, err: host.stderr.text, cwd: host.cwd };
}

/** A request, its answer, and the end by both. */
async function talk(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.end(CANARY);
  socket.resume();
  await once(socket, 'close');
}

/** Flags of each TCP segment, as `SYN`, `SYN-ACK`. */
function readFlags(file: Uint8Array): { flags: string[]; dropped: number | undefined } {
  const flags: string[] = [];
  const packet = createPacket();
  const reader = new CaptureReader(({ linkType, bytes, at, end }) => {
    expect(decodeFrame(packet, bytes, at, end, linkType)).toBeUndefined();
    const names = Object.entries({ SYN, FIN, RST, ACK }).filter(([, bit]) => (packet.flags & bit) !== 0);
    flags.push(names.map(([name]) => name).join('-'));
  });
  reader.push(file);
  return { flags, dropped: reader.end().dropped };
}

const CONNECTION = ['SYN', 'SYN-ACK', 'FIN-ACK', 'FIN-ACK'];

suiteNeeding('rushhour peer', ['root'], () => {
  useOwnNetwork();
  let far: Server;
  let port = 0;

  beforeAll(async () => {
    far = createServer((socket) => socket.on('error', () => {}).end('answer')).listen(0, '127.0.0.1');
    await once(far, 'listening');
    port = (far.address() as { port: number }).port;
  });
  afterAll(() => far.close());

  it('hands a run the headers of handshakes that arrive, and nothing of what they carry', async () => {
    const pieces: Uint8Array[] = [];
    const { exitCode, err } = await peering(
      ['--watch', String(port), '--listen', '127.0.0.1:0'],
      async (printed) => {
        const [, token = ''] = /export RUSHHOUR_PEER_TOKEN=(\S+)/.exec(printed) ?? [];
        const [, at, fingerprint = ''] =
          /--peer 127\.0\.0\.1:(\d+) --peer-fingerprint (\S+)/.exec(printed) ?? [];
        const run = await connectPeer(
          { host: '127.0.0.1', port: Number(at), fingerprint, token },
          { bytes: (piece) => pieces.push(piece), lost: () => {} },
        );
        await talk(port);
        // What the peer takes from the kernel every 20 ms.
        await expect.poll(() => readFlags(Buffer.concat(pieces)).flags.length).toBeGreaterThanOrEqual(4);
        await run.finish();
      },
    );
    expect(exitCode).toBe(0);
    const file = Buffer.concat(pieces);
    expect(withoutBareAcks(file)).toEqual({ flags: CONNECTION, dropped: 0 });
    expect(file.includes(CANARY)).toBe(false);
    expect(err).toMatch(/serves 127\.0\.0\.1\n.*is done: \d packets\n.*recorded \d packets\n$/s);
    expect(err).not.toContain('RUSHHOUR_PEER_TOKEN=');
  });

  it('writes a file that nobody else can read, and never over another', async () => {
    const cwd = makeFolder();
    const args = ['--watch', String(port), '--write', 'far.pcapng'];
    const first = await peering(args, () => talk(port), { cwd });
    expect(first.exitCode).toBe(0);
    const path = join(cwd, 'far.pcapng');
    expect(withoutBareAcks(readFileSync(path)).flags).toEqual(CONNECTION);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = readFileSync(path);
    const second = await peering(args, async () => {}, { cwd });
    expect(second.exitCode).toBe(5);
    expect(second.err).toContain('remove it, or choose another name');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('takes its token from the environment, and then does not print it', async () => {
    const token = 'a token that somebody chose';
    const { out } = await peering(['--watch', String(port), '--listen', '127.0.0.1:0'], async () => {}, {
      env: { RUSHHOUR_PEER_TOKEN: token },
    });
    expect(out).toContain('--peer-fingerprint SHA256:');
    expect(out).not.toContain(token);
  });

  it('ends by itself when its time is up', async () => {
    const host = createFakeHost({ cwd: makeFolder() });
    expect(await runCli(['peer', '--watch', '3128', '--write', 'f', '--for', '50ms'], host)).toBe(0);
    expect(existsSync(join(host.cwd, 'f'))).toBe(true);
  });

  it('says where it cannot listen', async () => {
    const { exitCode, err } = await peering(
      ['--watch', '3128', '--listen', `127.0.0.1:${port}`],
      async () => {},
    );
    expect(exitCode).toBe(5);
    expect(err).toContain('choose another port');
  });
});

function withoutBareAcks(file: Uint8Array): ReturnType<typeof readFlags> {
  const { flags, dropped } = readFlags(file);
  return { flags: flags.filter((one) => one !== 'ACK'), dropped };
}

describe('rushhour peer', () => {
  const refusals: [readonly string[], Record<string, string>, string][] = [
    [['--watch', '3128'], {}, '--write FILE'],
    [['--watch', '0', '--write', 'f'], {}, '--watch 3128,8080'],
    [['--watch', '3128', '--listen', '7411'], {}, '10.0.0.2:7411'],
    [['--watch', '3128', '--listen', 'far.example:7411'], {}, '10.0.0.2:7411'],
    [['--watch', '3128', '--listen', '127.0.0.1:70000'], {}, '10.0.0.2:7411'],
    [['--watch', '3128', '--write', 'f', '--for', '99d'], {}, '--for 8h'],
    [['--watch', '3128', '--write', 'f'], { RUSHHOUR_PEER_TOKEN: 'short' }, '16 to 128'],
  ];
  it.each(refusals)('refuses %j', async (args, env, hint) => {
    const host = createFakeHost({ cwd: makeFolder(), env });
    expect(await runCli(['peer', ...args], host)).toBe(2);
    expect(host.stderr.text).toContain(hint);
  });
});
