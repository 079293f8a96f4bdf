import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls, createServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { connectPeer, type PeerConnection } from '../../../src/evidence/peer/connect-peer.ts';
import { type PeerOptions, type ServedPeer, servePeer } from '../../../src/evidence/peer/serve-peer.ts';
import { CaptureReader } from '../../../src/net/capture/capture-reader.ts';
import { createSelfSigned } from '../../../src/net/self-signed.ts';

const TOKEN = 'canary-of-a-token';
const FRAME = Uint8Array.from({ length: 300 }, (_, index) => index % 251);

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function serve(options: Partial<PeerOptions> = {}): Promise<ServedPeer & { said: string[] }> {
  const said: string[] = [];
  const served = await servePeer({
    ...{ address: '127.0.0.1', port: 0, token: TOKEN, interfaceName: 'eth0', ports: [3128] },
    ...{ application: 'rushhour test', lost: () => 0, say: (line: string) => said.push(line) },
    ...options,
  });
  opened.push(served);
  return Object.assign(served, { said });
}

interface Received extends PeerConnection {
  readonly pieces: Uint8Array[];
  readonly lost: Promise<string>;
}

async function join(peer: { port: number; fingerprint: string }, token = TOKEN): Promise<Received> {
  const pieces: Uint8Array[] = [];
  let tell: (why: string) => void;
  const lost = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const connection = await connectPeer(
    { host: '127.0.0.1', port: peer.port, fingerprint: peer.fingerprint, token },
    { bytes: (piece) => pieces.push(piece), lost: (why) => tell(why) },
  );
  opened.push(connection);
  return Object.assign(connection, { pieces, lost });
}

function read(pieces: readonly Uint8Array[]) {
  const frames: { atUs: number; captured: number; wireBytes: number }[] = [];
  const reader = new CaptureReader(({ atUs, at, end, wireBytes }) =>
    frames.push({ atUs, captured: end - at, wireBytes }),
  );
  for (const piece of pieces) reader.push(piece);
  return { frames, facts: reader.end() };
}

describe('a peer', () => {
  it('hands every packet from the welcome on to each run, as a capture with its statistics', async () => {
    let lost = 7;
    const peer = await serve({ lost: () => lost });
    peer.write({ sec: 99, ns: 0 }, FRAME, 1_500);
    const runs = [await join(peer), await join(peer)];
    expect(runs[0]!.welcome).toEqual({ rushhour: 1, interface: 'eth0', ports: [3128] });
    for (let sec = 100; sec < 103; sec += 1) peer.write({ sec, ns: 5_000 }, FRAME, 1_500);
    lost += 2;
    await Promise.all(runs.map((run) => run.finish()));
    for (const { pieces } of runs) {
      const { frames, facts } = read(pieces);
      expect(frames).toEqual(
        [0, 1, 2].map((sec) => ({ atUs: sec * 1e6 + 5, captured: 128, wireBytes: 1_500 })),
      );
      expect(facts).toMatchObject({ epochSec: 100, dropped: 2 });
      expect([...facts.faults]).toEqual([]);
    }
    await expect.poll(() => peer.clients).toBe(0);
    expect(peer.said.filter((line) => line.endsWith('is done: 3 packets'))).toHaveLength(2);
  });

  it('ends the captures of its runs when it is closed, and tells them', async () => {
    const peer = await serve();
    const run = await join(peer);
    peer.write({ sec: 100, ns: 0 }, FRAME, 60);
    await peer.close();
    expect(await run.lost).toBe('closed the connection');
    expect(read(run.pieces)).toMatchObject({ frames: [{ wireBytes: 60 }], facts: { dropped: 0 } });
  });

  it('refuses a wrong token, in words that do not contain it', async () => {
    const peer = await serve();
    await expect(join(peer, 'guessed')).rejects.toMatchObject({
      exitCode: 5,
      message: `the peer 127.0.0.1:${peer.port} refused: the token is not the one that this peer printed`,
      hint: expect.stringContaining('RUSHHOUR_PEER_TOKEN'),
    });
    expect(peer.said).toEqual(['refused 127.0.0.1: wrong token']);
    expect(peer.clients).toBe(0);
  });

  it('is told no token unless its certificate has the fingerprint', async () => {
    const heard: Uint8Array[] = [];
    const { key, certificate } = createSelfSigned('another', ['127.0.0.1'], Date.now());
    const other = createServer({ key, cert: certificate }, (socket) => {
      socket.on('data', (bytes) => heard.push(bytes)).on('error', () => {});
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    opened.push(other);
    const { port } = other.address() as { port: number };
    const { fingerprint } = await serve();
    await expect(join({ port, fingerprint })).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/is not the peer: its fingerprint is SHA256:/),
    });
    expect(Buffer.concat(heard).toString()).toBe('');
  });

  it('does not serve what never says who it is, says nonsense or too much, and still serves a run', async () => {
    const peer = await serve();
    const plain = connectPlain(peer.port, '127.0.0.1').on('error', () => {});
    plain.end('GET / HTTP/1.1\r\n\r\n');
    const options = { port: peer.port, host: '127.0.0.1', rejectUnauthorized: false } as const;
    const odd = [`${'x'.repeat(5_000)}\n`, '{}\n', '[1,\n', '{"rushhour":2,"token":"canary-of-a-token"}\n'];
    const answers = await Promise.all(
      odd.map(async (line) => {
        const socket = connectTls(options).on('error', () => {});
        let answer = '';
        socket.on('data', (bytes) => {
          answer += bytes;
        });
        socket.write(line);
        await once(socket, 'close');
        return answer;
      }),
    );
    for (const answer of answers) expect(answer).toMatch(/^(\{"refused":"[^"]*"\}\n)?$/);
    expect(peer.said).toHaveLength(odd.length);
    const run = await join(peer);
    expect(run.welcome.ports).toEqual([3128]);
  });

  it('serves four runs and refuses a fifth', async () => {
    const peer = await serve();
    const runs = await Promise.all([0, 1, 2, 3].map(() => join(peer)));
    await expect(join(peer)).rejects.toMatchObject({
      message: expect.stringContaining('4 runs are served already'),
      hint: expect.not.stringContaining('RUSHHOUR_PEER_TOKEN'),
    });
    await runs[0]!.finish();
    await expect.poll(() => peer.clients).toBe(3);
    await join(peer);
  });

  it('drops and counts what a run does not take', async () => {
    const peer = await serve();
    const run = await join(peer);
    // Eight megabytes may wait, and what the kernel's buffers take; the run reads nothing while this loop runs.
    const packets = 200_000;
    for (let index = 0; index < packets; index += 1) peer.write({ sec: 100, ns: index }, FRAME, 1_500);
    await run.finish();
    const { frames, facts } = read(run.pieces);
    expect(frames.length).toBeLessThan(packets);
    expect(frames.length + facts.dropped!).toBe(packets);
  });

  it('is missed when nothing listens', async () => {
    const { port, fingerprint } = await serve();
    await opened.pop()!.close();
    await expect(join({ port, fingerprint })).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('cannot be reached'),
    });
  });
});
