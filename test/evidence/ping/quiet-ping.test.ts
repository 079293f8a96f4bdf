import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startQuietPing, whyRefused } from '../../../src/evidence/ping/quiet-ping.ts';
import type { EchoReply, PingSocket, PingTarget } from '../../../src/net/ping-socket.ts';
import { findPingTargets } from '../../../src/session/load/ping-targets.ts';
import type { PlannedArm } from '../../../src/worker/protocol.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers as it is told, by sequence; undefined: not at all. */
function pinging(
  answer: (sequence: number) => number | undefined,
  { refused, untimed = 0 }: { readonly refused?: number; readonly untimed?: number } = {},
) {
  const replies: EchoReply[] = [];
  const warnings: string[] = [];
  let isClosed = false;
  const socket: PingSocket = {
    kind: 'datagram',
    send(sequence) {
      const tookUs = answer(sequence);
      if (tookUs !== undefined) replies.push({ sequence, tookUs, isTimedByKernel: sequence >= untimed });
      return 0;
    },
    receive: () => replies.shift(),
    close() {
      isClosed = true;
    },
  };
  const ping = startQuietPing({
    targets: [{ family: 4, address: '192.0.2.1' }],
    warn: (message) => warnings.push(message),
    now: () => Date.now(),
    open: () => refused ?? socket,
  });
  return { ping, warnings, isClosed: () => isClosed };
}

describe('a ping a second beside the load', () => {
  it('counts what came back, and how long it took', () => {
    const { ping } = pinging((sequence) => 400 + sequence * 100);
    vi.advanceTimersByTime(3_000);
    expect(ping!.take()).toEqual({
      '192.0.2.1': { sent: 4, answered: 4, sumUs: 2_200, minUs: 400, maxUs: 700 },
    });
    expect(ping!.take()).toBeUndefined();
  });

  it('takes no time from a reply that was timed as it was read, a turn later', () => {
    const { ping } = pinging((sequence) => (sequence === 0 ? 1_000_000 : 400), { untimed: 1 });
    vi.advanceTimersByTime(3_000);
    expect(ping!.take()).toEqual({
      '192.0.2.1': { sent: 3, answered: 3, sumUs: 1_200, minUs: 400, maxUs: 400 },
    });
  });

  it('counts one as lost that has not come back after two seconds, and none that is under way', () => {
    const { ping } = pinging((sequence) => (sequence === 1 ? undefined : 500));
    vi.advanceTimersByTime(2_000);
    expect(ping!.take()).toMatchObject({ '192.0.2.1': { sent: 2, answered: 2 } });
    vi.advanceTimersByTime(1_000);
    expect(ping!.take()).toMatchObject({ '192.0.2.1': { sent: 2, answered: 1 } });
  });

  it('touches nothing once it is closed', () => {
    const { ping, isClosed } = pinging(() => 500);
    ping!.close();
    ping!.close();
    vi.advanceTimersByTime(5_000);
    expect([isClosed(), ping!.take()]).toEqual([true, undefined]);
  });

  it('says once what is missing where the system allows none', () => {
    const EACCES = 13;
    const { ping, warnings } = pinging(() => 1, { refused: EACCES });
    expect(ping).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining('cannot ping 192.0.2.1 during the load: this user may not ping'),
    ]);
    expect(whyRefused(EACCES)).toContain('net.ipv4.ping_group_range');
  });
});

describe('what is pinged', () => {
  const endpoint = (address: string, family: 4 | 6 = 4) => ({ address, family, port: 3128 });
  const armOf = (changes: Partial<PlannedArm>, emulate = false) =>
    ({
      ...{ endpoints: [endpoint('192.0.2.1')], sources: [] },
      arm: emulate ? { source: { addresses: [], emulate } } : {},
      ...changes,
    }) as unknown as PlannedArm;
  const find = (...arms: PlannedArm[]): PingTarget[] => findPingTargets({ farEnd: 'none' }, arms);

  it('is each endpoint once, from the address of its family that connections come from', () => {
    const both = [endpoint('192.0.2.1'), endpoint('2001:db8::1', 6)];
    expect(find(armOf({ endpoints: both, sources: ['192.0.2.9', '2001:db8::9'] }), armOf({}))).toEqual([
      { address: '192.0.2.1', family: 4, source: '192.0.2.9' },
      { address: '2001:db8::1', family: 6, source: '2001:db8::9' },
    ]);
  });

  it('is pinged from nowhere that nobody has, and not at all if unwanted or of one’s own', () => {
    expect(find(armOf({ sources: ['10.1.0.1'] }, true))).toEqual([{ address: '192.0.2.1', family: 4 }]);
    expect(findPingTargets({ farEnd: 'none', ping: 'off' }, [armOf({})])).toEqual([]);
    expect(findPingTargets({ farEnd: 'embedded' }, [armOf({})])).toEqual([]);
  });
});
