import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Arena } from '../../src/net/arena.ts';
import { IP_TOS, IPPROTO_IP, IPPROTO_TCP, TCP_SYNCNT } from '../../src/net/constants.ts';
import {
  type BoundSocketSpec,
  createBoundSocket,
  createTcpInfo,
  loadLibc,
  readLocalPort,
  readTcpInfo,
  sendAtOnce,
  setSocketOptions,
  takeSocketError,
  writeSockaddr,
} from '../../src/net/index.ts';
import { findClosedPort, type Peer, startPeer } from '../support/servers.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const { errno } = constants;

/** tcpi_state of an established connection (include/net/tcp_states.h). */
const ESTABLISHED = 1;

function openSocket(changes: Partial<BoundSocketSpec> = {}): number {
  const fd = createBoundSocket({ family: 4, sourcePort: 0, options: {}, ...changes });
  if (fd >= 0) onTestFinished(() => void loadLibc().close(fd));
  return fd;
}

function newArena(): Arena {
  const arena = new Arena(loadLibc(), 4_096);
  onTestFinished(() => arena.release());
  return arena;
}

async function connectTo(fd: number, peer: Pick<Peer, 'host' | 'port'>): Promise<void> {
  const at = newArena().take(32);
  const length = writeSockaddr(at.bytes, peer.host.includes(':') ? 6 : 4, peer.host, peer.port);
  const libc = loadLibc();
  expect(libc.connect(fd, at.address, length)).toBe(-1);
  expect(libc.errno()).toBe(errno.EINPROGRESS);
  const info = createTcpInfo();
  for (let turn = 0; turn < 500 && info.state !== ESTABLISHED; turn += 1) {
    await sleep(2);
    readTcpInfo(fd, info);
    if (info.state > 2) return;
  }
}

function readOption(fd: number, level: number, option: number): number {
  const arena = newArena();
  const value = arena.take(4);
  const length = arena.take(4);
  length.words[0] = 4;
  expect(loadLibc().getsockopt(fd, level, option, value.address, length.address)).toBe(0);
  return value.words[0]!;
}

suiteNeeding('sockets through the C library', ['linux'], () => {
  it('reads TCP_INFO of a real connection', async () => {
    const peer = await startPeer({});
    const fd = openSocket({ options: { mss: 1_000 } });
    await connectTo(fd, peer);
    const info = createTcpInfo();
    expect(readTcpInfo(fd, info)).toBe(true);
    expect(info).toMatchObject({ state: ESTABLISHED, totalRetransmits: 0 });
    // TCP_MAXSEG counts the timestamp option in, snd_mss leaves it out: 12 bytes (RFC 7323 appendix A).
    expect(info.mss).toBe((info.options & 1) === 1 ? 988 : 1_000);
    expect(info.rttUs).toBeGreaterThan(0);
    expect(info.rttUs).toBeLessThan(1_000_000);
  });

  it('says so where there is no TCP_INFO to read', () => {
    const info = { ...createTcpInfo(), rttUs: 5, mss: 5 };
    expect(readTcpInfo(-1, info)).toBe(false);
    expect(info).toEqual({
      state: -1,
      totalRetransmits: -1,
      lastAckReceivedMs: -1,
      rttUs: -1,
      minRttUs: -1,
      mss: -1,
      segmentsIn: -1,
      options: -1,
    });
  });

  it('binds address and port, as the far end sees them', async () => {
    const peer = await startPeer({});
    const sourcePort = await findClosedPort('127.0.0.7');
    const fd = openSocket({ source: '127.0.0.7', sourcePort });
    expect(readLocalPort(fd)).toBe(sourcePort);
    await connectTo(fd, peer);
    await expect.poll(() => peer.seen.length).toBe(1);
    expect(peer.seen[0]).toMatchObject({ remoteAddress: '127.0.0.7', remotePort: sourcePort });
  });

  it('leaves the port of a bound address open until connect', async () => {
    const peer = await startPeer({});
    const fd = openSocket({ source: '127.0.0.7' });
    expect(readLocalPort(fd)).toBe(0);
    await connectTo(fd, peer);
    expect(readLocalPort(fd)).toBeGreaterThan(0);
  });

  it('answers an errno, and leaves no descriptor, where an address cannot be bound', () => {
    const before = openSocket();
    // TEST-NET-1, RFC 5737: nobody's address.
    expect(createBoundSocket({ family: 4, source: '192.0.2.1', sourcePort: 0, options: {} })).toBe(
      -errno.EADDRNOTAVAIL,
    );
    expect(openSocket()).toBe(before + 1);
  });

  it('sets what an arm asks for, and answers the errno of what the kernel refuses', () => {
    const fd = openSocket();
    expect(setSocketOptions(fd, 4, { tos: 0xb8, mss: 900, synCount: 3 })).toBe(0);
    expect(readOption(fd, IPPROTO_IP, IP_TOS)).toBe(0xb8);
    expect(readOption(fd, IPPROTO_TCP, TCP_SYNCNT)).toBe(3);
    expect(setSocketOptions(fd, 4, { mss: 87 })).toBe(errno.EINVAL);
    expect(setSocketOptions(fd, 4, { synCount: 128 })).toBe(errno.EINVAL);
  });

  it('takes an error once: reading clears it', async () => {
    const fd = openSocket();
    await connectTo(fd, { host: '127.0.0.1', port: await findClosedPort() });
    expect(takeSocketError(fd)).toBe(errno.ECONNREFUSED);
    expect(takeSocketError(fd)).toBe(0);
  });

  it('send at once as much as there is room for, and say why nothing could be sent', async () => {
    const peer = await startPeer({});
    const fd = openSocket();
    expect(sendAtOnce(fd, Buffer.from('x'))).toBe(-errno.EPIPE);
    await connectTo(fd, peer);
    expect(sendAtOnce(fd, Buffer.from('hello'))).toBe(5);
    const long = new Uint8Array(40_000).fill('y'.charCodeAt(0));
    expect(sendAtOnce(fd, long)).toBe(16_384);
    await expect.poll(() => peer.seen[0]?.received).toBe(`hello${'y'.repeat(16_384)}`);
  });
});
