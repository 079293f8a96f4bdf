import { execFileSync } from 'node:child_process';
import { constants } from 'node:os';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { createPacketEngine } from '../../../src/engine/packet/engine.ts';
import { parseAddress } from '../../../src/net/addresses.ts';
import { LinkSocket } from '../../../src/net/link/link-socket.ts';
import { writeU16, writeU32 } from '../../../src/net/wire/big-endian.ts';
import { ETHER_TYPE, writeEthernet } from '../../../src/net/wire/ethernet.ts';
import { PROTOCOL, writeIpv4 } from '../../../src/net/wire/ip.ts';
import { bareArmTo, outcomeOf } from '../../support/arms.ts';
import { drive } from '../../support/drive.mjs';
import { setNetParameter, useOwnNetwork } from '../../support/own-network.ts';
import { LOOPBACK_GUARD, onLoopback } from '../../support/packets.ts';
import { findClosedPort, startPeer } from '../../support/servers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const NOBODY = new Uint8Array(6);

/** An ICMP error, host unreachable, that quotes a SYN of the loopback with this sequence number. */
function quoting(sourcePort: number, port: number, seq: number): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 8 + 20 + 8);
  const local = parseAddress('127.0.0.1');
  const ends = { source: local, destination: local };
  const ip = writeEthernet(frame, NOBODY, NOBODY, ETHER_TYPE.IPV4);
  const icmp = writeIpv4(frame, ip, { ...ends, protocol: PROTOCOL.ICMP, payloadBytes: 36, ttl: 9 });
  frame[icmp] = 3;
  frame[icmp + 1] = 1;
  const tcp = writeIpv4(frame, icmp + 8, { ...ends, protocol: PROTOCOL.TCP, payloadBytes: 40, ttl: 9 });
  writeU16(frame, tcp, sourcePort);
  writeU16(frame, tcp + 2, port);
  writeU32(frame, tcp + 4, seq);
  return frame;
}

suiteNeeding('ICMP errors and the packet engine', ['linux', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  useOwnNetwork();
  beforeAll(() => {
    setNetParameter('ipv4.conf.all.route_localnet', 1);
    setNetParameter('ipv4.conf.all.accept_local', 1);
    setNetParameter('ipv4.conf.all.rp_filter', 0);
    setNetParameter('ipv4.conf.lo.rp_filter', 0);
    execFileSync('nft', ['-f', '-'], { input: LOOPBACK_GUARD });
  });
  afterEach(() => {
    execFileSync('nft', ['delete', 'table', 'ip', 'refuse']);
  });
  const answerSyns = (how: string): void => {
    const rule = `ip ttl 63 tcp flags syn ${how}`;
    execFileSync('nft', ['-f', '-'], {
      input: `table ip refuse {\n chain input {\n type filter hook input priority 0\n ${rule}\n }\n}\n`,
    });
  };

  it('end a handshake at once, and say what they were and who sent them', async () => {
    const peer = await startPeer({});
    answerSyns('reject with icmp type host-unreachable');
    const arms = [bareArmTo(peer)];
    const { records } = await drive(onLoopback(createPacketEngine), { arms, starts: [{}] });
    expect(records[0]).toMatchObject({ phase: 'handshake', errno: constants.errno.EHOSTUNREACH });
    expect(records[0]!.refusedBy).toBe('ICMP host-unreachable (3/1) from 127.0.0.1');
  });

  it('about an older connection of the same addresses and ports change nothing', async () => {
    const peer = await startPeer({});
    const sourcePort = await findClosedPort();
    answerSyns('drop');
    const link = new LinkSocket(4, 1);
    let sent = 0;
    const { records } = await drive(onLoopback(createPacketEngine), {
      arms: [bareArmTo(peer, { handshakeTimeoutUs: 400_000 })],
      starts: [{ sourcePort }],
      onTurn() {
        sent += 1;
        if (sent < 20) link.send(quoting(sourcePort, peer.port, sent));
      },
    });
    link.close();
    expect(sent).toBeGreaterThan(2);
    expect(outcomeOf(records[0]!)).toBe('handshake-timeout');
  });
});
