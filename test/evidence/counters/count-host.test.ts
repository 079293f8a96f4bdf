import { describe, expect, it } from 'vitest';
import { countHost } from '../../../src/evidence/counters/count-host.ts';
import { OWN_NET, readCounters } from '../../../src/evidence/counters/read-counters.ts';

const netstat = (failed: number, overflows = 0) =>
  `TcpExt: SyncookiesSent TCPRetransFail ListenOverflows TCPRcvCoalesce\nTcpExt: 0 ${failed} ${overflows} 12\nIpExt: InNoRoutes\nIpExt: 3\n`;

/** As Linux 6.18 prints it, a line a processor. */
const conntrack = (...drops: string[]) =>
  [
    'entries  clashres found new insert_failed drop early_drop icmp_error',
    ...drops.map((drop) => `00040000  00000000 00000000 00000000 00000000 ${drop} 00000000 00000000`),
    '',
  ].join('\n');

const devices = (rxDropped: number, txDropped: number) =>
  `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
  eth0: 1296 16 0 ${rxDropped} 0 0 0 0 1296 16 0 ${txDropped} 0 0 0 0
`;

function counting(far?: string) {
  const files = new Map<string, string>();
  const read = (path: string): string => files.get(path) ?? '';
  const put = (name: string, text: string, net = OWN_NET): void => void files.set(`${net}/${name}`, text);
  return { put, start: () => countHost({ read, far }) };
}

describe('what the kernel counted since the last time it was asked', () => {
  it('tells segments that never left this machine', () => {
    const { put, start } = counting();
    put('netstat', netstat(7));
    const take = start();
    expect(take()).toEqual({});
    put('netstat', netstat(10));
    expect([take(), take()]).toEqual([{ localDrops: 3, hostCounters: { TcpExtTCPRetransFail: 3 } }, {}]);
    put('netstat', '');
    expect(take()).toEqual({});
  });

  it('tells what a full conntrack table had dropped, on any processor', () => {
    const { put, start } = counting();
    put('stat/nf_conntrack', conntrack('00000001', '00000019'));
    const take = start();
    put('stat/nf_conntrack', conntrack('00000002', '0000002a'));
    expect([take(), take()]).toEqual([{ conntrackDrops: 18, hostCounters: { 'conntrack.drop': 18 } }, {}]);
  });

  it('tells what interfaces dropped, and counts an interface that is new from 0', () => {
    const { put, start } = counting();
    put('netstat', netstat(0));
    put('dev', devices(5, 1));
    const take = start();
    put('dev', devices(9, 1) + devices(0, 4).split('\n')[2]!.replace('eth0', 'wlan0'));
    expect(take()).toEqual({ hostCounters: { 'eth0.rx_dropped': 4, 'wlan0.tx_dropped': 4 } });
  });

  it('keeps nothing that says nothing, and nothing of a counter that began anew', () => {
    const { put, start } = counting();
    put('snmp', 'Tcp: RtoMin OutRsts2 ActiveOpens\nTcp: 200 50 90\n');
    const take = start();
    put('snmp', 'Tcp: RtoMin OutRsts2 ActiveOpens\nTcp: 300 70 4\n');
    expect(take()).toEqual({});
    put('snmp', 'Tcp: RtoMin OutRsts2 ActiveOpens\nTcp: 300 90 9\n');
    expect(take()).toEqual({ hostCounters: { TcpActiveOpens: 5 } });
  });

  it("tells the far end's apart", () => {
    const { put, start } = counting('/proc/7/net');
    put('netstat', netstat(0), '/proc/7/net');
    const take = start();
    put('netstat', netstat(2, 6), '/proc/7/net');
    expect(take()).toEqual({ farCounters: { TcpExtTCPRetransFail: 2, TcpExtListenOverflows: 6 } });
  });
});

it.runIf(process.platform === 'linux')('names are those that this kernel has', () => {
  const names = [...readCounters().keys()];
  expect(names).toEqual(
    expect.arrayContaining([
      'TcpActiveOpens',
      'TcpOutSegs',
      'TcpExtTCPSynRetrans',
      'TcpExtListenOverflows',
      'lo.tx_dropped',
    ]),
  );
});
