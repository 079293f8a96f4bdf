import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { resolveClient } from '../../src/client/resolve.ts';
import { offeredWindow, synFlags, synOptionBytes } from '../../src/client/syn.ts';
import type { ClientKnobs } from '../../src/client/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** What the kernel connects with, to addresses that answer nothing; told apart by the port. */
const PORTS = { plain: 1, noTimestamps: 2, ecn: 3, bare: 4, fastOpen: 5 } as const;

const SCRIPT = `
set -e
ip link add d0 type veth peer name d1
ip link set d0 up
ip link set d1 up
ip address add 192.0.2.1/24 dev d0
ip address add 2001:db8::1/64 dev d0 nodad
ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev d0
ip neighbour add 2001:db8::2 lladdr 02:00:00:00:00:02 dev d0
# Seven of IPv4, with the one that is sent again, and one of IPv6.
timeout 20 tcpdump -i d0 -c 7 -l -x -nn 'tcp[13] & 2 != 0 or (ip6 and ip6[6] = 6)' 2>/dev/null &
python3 - <<'PY'
import socket, time, os
time.sleep(0.3)
kept = []
def connect(port, family=socket.AF_INET, address='192.0.2.2', **switches):
    for name, value in switches.items():
        with open('/proc/sys/net/ipv4/' + name, 'w') as switch: switch.write(value)
    one = socket.socket(family)
    one.setblocking(False)
    try: one.connect((address, port))
    except BlockingIOError: pass
    kept.append(one)
connect(${PORTS.plain})
connect(${PORTS.plain}, socket.AF_INET6, '2001:db8::2')
connect(${PORTS.noTimestamps}, tcp_timestamps='0')
connect(${PORTS.bare}, tcp_sack='0', tcp_window_scaling='0')
for one in kept: one.close()
kept.clear()
fast = socket.socket()
fast.setblocking(False)
for name in ('tcp_timestamps', 'tcp_sack', 'tcp_window_scaling', 'tcp_fastopen'):
    with open('/proc/sys/net/ipv4/' + name, 'w') as switch: switch.write('1')
try: fast.sendto(b'x', 0x20000000, ('192.0.2.2', ${PORTS.fastOpen}))
except BlockingIOError: pass
fast.close()
connect(${PORTS.ecn}, tcp_ecn='1')
time.sleep(1.2)
PY
wait
`;

interface Seen {
  readonly family: 4 | 6;
  readonly port: number;
  readonly ttl: number;
  readonly flags: number;
  readonly window: number;
  /** Without the value of the timestamp. */
  readonly options: string;
}

async function captureKernel(): Promise<Seen[]> {
  const { stdout } = await promisify(execFile)('unshare', ['--net', 'bash', '-c', SCRIPT]);
  return stdout
    .split(/^(?=\d\d:)/m)
    .filter((text) => text.trim() !== '')
    .map((text) => {
      const hex = [...text.matchAll(/^\s+0x[0-9a-f]+:\s+(.*)$/gm)].map(([, words = '']) => words).join('');
      return readPacket(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    });
}

function readPacket(packet: Buffer): Seen {
  const family = packet[0]! >> 4 === 6 ? 6 : 4;
  const tcp = packet.subarray(family === 6 ? 40 : 20);
  return {
    ...{ family, port: tcp.readUInt16BE(2), ttl: packet[family === 6 ? 7 : 8]! },
    ...{ flags: tcp.readUInt16BE(12) & 0x1ff, window: tcp.readUInt16BE(14) },
    options: withoutTime(tcp.subarray(20, (tcp[12]! >> 4) * 4).toString('hex')),
  };
}

function withoutTime(options: string): string {
  return options.replace(/080a.{8}/, '080a00000000');
}

/** tcp_select_initial_window() in net/ipv4/tcp_output.c, with the buffers of this machine. */
function kernelScale(): number {
  const read = (name: string): string => readFileSync(`/proc/sys/net/${name}`, 'utf8').trim();
  const most = Math.max(Number(read('ipv4/tcp_rmem').split(/\s+/)[2]), Number(read('core/rmem_max')));
  return Math.min(14, Math.max(0, Math.floor(Math.log2(most)) - 15));
}

function imitated(knobs: ClientKnobs, port: number, family: 4 | 6 = 4, resent = 0): Seen {
  const profile = resolveClient('linux-6', { windowScale: kernelScale(), ...knobs });
  const path = { family, mtu: 1_500 };
  const { bytes } = synOptionBytes(profile, { ...path, isResent: resent > 0 });
  return {
    ...{ family, port, ttl: profile.ttl, flags: synFlags(profile, resent) },
    ...{ window: offeredWindow(profile, path), options: Buffer.from(bytes).toString('hex') },
  };
}

suiteNeeding('the client linux-6 beside the kernel', ['netns', 'tcpdump', 'python3'], () => {
  it('sends the SYNs that Linux sends, switch by switch, over IPv4 and IPv6, and again', async () => {
    expect(await captureKernel()).toEqual([
      imitated({}, PORTS.plain),
      imitated({}, PORTS.plain, 6),
      imitated({ timestamps: false }, PORTS.noTimestamps),
      imitated({ timestamps: false, sack: false, windowScale: 'off' }, PORTS.bare),
      imitated({ fastOpen: true }, PORTS.fastOpen),
      imitated({ ecn: 'ecn' }, PORTS.ecn),
      imitated({ ecn: 'ecn' }, PORTS.ecn, 4, 1),
    ]);
  });
});
