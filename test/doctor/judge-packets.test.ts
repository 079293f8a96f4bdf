import { describe, expect, it } from 'vitest';
import { judgePackets } from '../../src/doctor/judge-packets.ts';
import type { PacketEngineFacts } from '../../src/doctor/types.ts';
import { hostFacts } from './facts.ts';

const eth0 = { name: 'eth0', isWireless: false, forwards: false };
const judgeAll = (over: Partial<PacketEngineFacts> = {}) =>
  judgePackets(
    hostFacts({
      packetEngine: {
        ...{ missing: [], setcap: 'sudo setcap', setcapRaw: 'sudo setcap raw', interfaces: [eth0] },
        ...over,
      },
    }),
  );

/** Behind what it says of the capture. */
const judge = (over: Partial<PacketEngineFacts> = {}) => judgeAll(over).slice(1);

describe('what doctor says of the packet engine', () => {
  it('names both ways of an interface where nothing is missing', () => {
    const [check] = judge();
    expect(check?.level).toBe('ok');
    expect(check?.what).toMatch(/can use eth0, from this machine’s address or from emulated addresses/);
  });

  it('leaves emulated addresses alone without the guard, and none where the machine forwards', () => {
    const noAdmin = { missing: ['CAP_NET_ADMIN'], guard: 'EPERM' } as const;
    const [still] = judge(noAdmin);
    expect(still?.what).toMatch(/can use eth0 from emulated addresses only: CAP_NET_ADMIN is missing/);
    const [forwarding] = judge({ ...noAdmin, interfaces: [{ ...eth0, forwards: true }] });
    expect(forwarding?.what).toMatch(/cannot use eth0: CAP_NET_ADMIN is missing/);
    expect(forwarding?.mend).toContain('sudo setcap');
  });

  it('names the capability without which nothing works, why an interface is of no use, and Wi-Fi', () => {
    expect(judge({ missing: ['CAP_NET_RAW', 'CAP_NET_ADMIN'] })[0]?.what).toContain(
      'CAP_NET_RAW and CAP_NET_ADMIN',
    );
    const down = { ...eth0, why: 'it is down', mend: 'ip link set eth0 up' };
    expect(judge({ interfaces: [down] })[0]).toMatchObject({
      what: expect.stringContaining('cannot use eth0: it is down'),
      mend: down.mend,
    });
    expect(judge({ interfaces: [{ ...eth0, isWireless: true }] })[0]?.what).toContain('Wi-Fi');
    expect(judgePackets(hostFacts())).toEqual([]);
  });

  it('says whether runs capture, and what would let them', () => {
    expect(judgeAll()[0]).toMatchObject({ name: 'capture', level: 'ok' });
    const [lacking] = judgeAll({ missing: ['CAP_NET_RAW', 'CAP_NET_ADMIN'] });
    expect(lacking).toMatchObject({ name: 'capture', level: 'note' });
    expect(lacking?.what).toContain('CAP_NET_RAW');
    expect(lacking?.mend).toContain('sudo setcap raw');
  });
});
