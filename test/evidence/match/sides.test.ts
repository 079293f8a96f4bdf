import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/run-cli.ts';
import { matchFiles } from '../../../src/evidence/match/match-files.ts';
import { createFakeHost } from '../../cli/fake-host.ts';
import { writeCapture } from '../capture-file.ts';
import { type Framed, frameOf, type Sent, wholeConnection } from '../wire.ts';

const SERVER = '192.0.2.9:3128';
const OUTSIDE = '203.0.113.1';
/** Of the far clock. */
const AHEAD_MS = 3_000;
const DELAY_MS = 5;

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sides-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const clamped = Uint8Array.of(2, 4, 5, 0x50, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7);

/** Twenty connections that a NAT gives one port after the other, then three that stall, and one that is reset on the way. */
function captures(): { near: Framed[]; far: Framed[] } {
  const [near, far]: [Framed[], Framed[]] = [[], []];
  const beyond = (one: Sent): Framed => frameOf({ ...one, atMs: one.atMs + AHEAD_MS + DELAY_MS });
  const whole = (index: number, port: number, startMs: number, isn: number) => {
    const exchange = { server: SERVER, isn, serverIsn: isn + 5 };
    near.push(
      ...wholeConnection({
        ...exchange,
        client: `10.0.0.1:${40_000 + index * 7}`,
        startMs,
        rttMs: 2 * DELAY_MS,
      }),
    );
    const outside = { client: `${OUTSIDE}:${port}`, startMs: startMs + AHEAD_MS + DELAY_MS, rttMs: 0.1 };
    far.push(...wholeConnection({ ...exchange, ...outside }));
  };
  for (let index = 0; index < 20; index += 1) whole(index, 5_000 + index, index * 10, 1_000 * (index + 1));
  const syn = (from: string, atMs: number, seq: number): Sent => ({
    from,
    to: SERVER,
    atMs,
    flags: 'S',
    seq,
  });
  // TIME_WAIT answers, and the firewall drops the answers.
  for (const ms of [2_000, 3_000]) {
    near.push(frameOf(syn('10.0.0.2:1', ms, 77)));
    far.push(beyond({ ...syn(`${OUTSIDE}:5003`, ms, 77), options: clamped, trafficClass: 0xb8 }));
    far.push(beyond({ from: SERVER, to: `${OUTSIDE}:5003`, atMs: ms + 0.1, flags: 'A', seq: 9, ack: 4_444 }));
  }
  // The firewall drops the SYNs; then it answers itself.
  for (const ms of [2_100, 3_100]) near.push(frameOf(syn('10.0.0.2:2', ms, 88)));
  near.push(frameOf(syn('10.0.0.2:3', 2_200, 99)));
  near.push(frameOf({ from: SERVER, to: '10.0.0.2:3', atMs: 2_201, flags: 'RA', seq: 0, ack: 100 }));
  far.push(beyond(syn(`${OUTSIDE}:5020`, 2_200, 99)));
  const order = (all: Framed[]) => all.sort((a, b) => a.atUs - b.atUs);
  return { near: order(near), far: order(far) };
}

function save(): { near: string; far: string } {
  const { near, far } = captures();
  return {
    near: writeCapture(join(dir, 'near.pcap'), near, { form: 'pcap' }),
    far: writeCapture(join(dir, 'far.pcapng'), far, { form: 'pcapng' }),
  };
}

it('tells what became of each stalled SYN, and what was changed on the way', async () => {
  const { near, far } = save();
  const report = await matchFiles({ path: near, shown: 'near' }, { path: far, shown: 'far' });
  expect(report).toMatchObject({
    ...{ matched: 22, nearAlone: 1, farAlone: 0, by: { isn: 22 } },
    nat: { kind: 'sequential', portsKept: 0, externalAddresses: [OUTSIDE] },
    ...{ resetsInvented: 1, synAcksInvented: 0, changed: { isn: 0, options: 0, mss: 1, trafficClass: 1 } },
    reuseAgeUs: { count: 1 },
    stories: [
      {
        ...{ clientPort: 1, synsSent: 2, synsArrived: 2, externalAddress: OUTSIDE, externalPort: 5_003 },
        ...{ answered: ['ack', 'ack'], received: [] },
      },
      { clientPort: 2, synsSent: 2, synsArrived: null, externalAddress: null, answered: [], received: [] },
    ],
  });
  expect(report.reuseAgeUs.p50 / 1.9695e6).toBeCloseTo(1, 2);
  const { us, uncertaintyUs } = report.clockOffset!;
  expect(Math.abs(us - AHEAD_MS * 1_000)).toBeLessThanOrEqual(uncertaintyUs);
  expect(uncertaintyUs).toBeLessThan(2 * DELAY_MS * 1_000);
});

it('is told by rushhour pcap with --far', async () => {
  save();
  const host = createFakeHost({ cwd: dir });
  expect(await runCli(['pcap', 'near.pcap', '--far', 'far.pcapng'], host)).toBe(0);
  const text = host.stdout.text.replace(/\s+/g, ' ');
  expect(text).toContain('22 handshakes matched; unmatched: 1 near, 0 far');
  expect(text).toContain(
    '10.0.0.2:1: 2 SYNs sent, 2 arrived from 203.0.113.1:5003, answered: ack, ack; nothing came back',
  );
  expect(text).toContain('10.0.0.2:2: 2 SYNs sent, none known to have arrived; nothing came back');
  expect(text).toContain('the far clock is 3.00 s ahead');
});

it('wants one capture to match another with', async () => {
  save();
  const host = createFakeHost({ cwd: dir });
  expect(await runCli(['pcap', 'near.pcap', 'near.pcap', '--far', 'far.pcapng'], host)).toBe(2);
  expect(host.stderr.text).toContain('--far matches one capture with another');
});
