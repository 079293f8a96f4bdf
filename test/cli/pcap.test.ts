import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLiveView } from '../../src/cli/output/live-view.ts';
import { createReadingProgress } from '../../src/cli/output/reading-progress.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { writeCapture } from '../evidence/capture-file.ts';
import { frameOf, wholeConnection } from '../evidence/wire.ts';
import { createFakeHost } from './fake-host.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'pcap-'));
  const syn = (atMs: number) =>
    frameOf({ from: '10.0.0.1:2', to: '192.0.2.9:3128', atMs, flags: 'S', seq: 1 });
  const whole = wholeConnection({ client: '10.0.0.1:1', server: '192.0.2.9:3128' });
  writeCapture(join(dir, 'client.pcap'), [...whole, syn(100), syn(1_100)], { form: 'pcap' });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function run(...args: string[]) {
  const host = createFakeHost({ cwd: dir });
  return { code: await runCli(['pcap', ...args], host), out: host.stdout.text, err: host.stderr.text };
}

describe('rushhour pcap', () => {
  it('says what a capture tells', async () => {
    const { code, out } = await run('client.pcap');
    expect(code).toBe(0);
    expect(out).toContain('client.pcap: 10 frames, Ethernet, 2025-01-31 00:00:00 to 2025-01-31 00:00:01 UTC');
    expect(out).toContain('2, 1 established; 1 stalled (50 %: 0 recovered, 1 frozen)');
    expect(out).toContain('3 SYNs, 1 of them retransmissions; 1 SYN-ACK; 0 RSTs');
    expect(out).toMatch(/00:00:00\.100 {2}10\.0\.0\.1:2 +192\.0\.2\.9:3128 +2 {2}frozen 1\.00 s +silence/);
  });

  it('prints the same as JSON', async () => {
    const { out } = await run('client.pcap', '--json');
    expect(JSON.parse(out)).toMatchObject({
      ...{ schema: 1, connections: 2, synRetransmissions: 1, resets: 0, unanswered: 1 },
      handshakeUs: { count: 1, p50: 2_100 },
    });
  });

  it('names a file that is none, whatever its name contains', async () => {
    const name = 'a\u001b[31mb';
    writeFileSync(join(dir, name), 'no capture, but long enough to tell');
    const { code, err } = await run(name);
    expect(code).toBe(2);
    expect(err).toContain('a\\u{1b}[31mb is not a capture: neither pcap nor pcapng');
    expect(err).not.toContain('\u001b');
  });

  it('says which file cannot be read', async () => {
    const { code, err } = await run('missing.pcap');
    expect(code).toBe(5);
    expect(err).toContain('missing.pcap cannot be read (ENOENT');
  });
});

it.each([
  [false, '\r\u001b[Kfar.pcapng: 2.00 MB (0 %)\r\u001b[K'],
  [true, ''],
])('shows it as well where a run joins both sides, unless it is quiet: %s', (quiet, shown) => {
  let nowMs = 0;
  const host = { ...createFakeHost({ tty: true, columns: 60 }), now: () => nowMs };
  const path = join(dir, 'client.pcap');
  const view = createLiveView(host, quiet);
  view.reading({ path, shown: 'far.pcapng' }, 1_000_000);
  nowMs = 600;
  view.reading({ path, shown: 'far.pcapng' }, 2_000_000);
  view.end();
  expect(host.stderr.text.replace(/ of .*?\(.*?\)/, ' (0 %)')).toBe(shown);
});

it('shows how far it is on a terminal, and takes that away', () => {
  const host = createFakeHost({ tty: true, columns: 40 });
  let nowMs = 0;
  const progress = createReadingProgress({ stderr: host.stderr, now: () => nowMs });
  progress.tell('big.pcap', 1_000_000, () => 4_000_000);
  expect(host.stderr.text).toBe('');
  nowMs = 600;
  progress.tell('big.pcap', 2_000_000, () => 4_000_000);
  progress.clear();
  expect(host.stderr.text).toBe('\r\u001b[Kbig.pcap: 2.00 MB of 4.00 MB (50 %)\r\u001b[K');
});
