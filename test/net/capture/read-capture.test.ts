import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCapture } from '../../../src/net/capture/read-capture.ts';
import { CaptureError, type CaptureFacts } from '../../../src/net/capture/types.ts';
import { makePcap } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

/** More than is read at once; no two frames alike, so that gzip leaves more than one piece of it. */
const FRAMES = Array.from({ length: 3_000 }, (_, index) => {
  const frame = new Uint8Array(1_400);
  for (let at = 0, state = index + 1; at < frame.length; at += 1) {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    frame[at] = state >>> 24;
  }
  return frame;
});
const PCAP = makePcap(FRAMES);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rushhour-captures-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function keep(bytes: Uint8Array): string {
  const path = join(folder, 'capture');
  writeFileSync(path, bytes);
  return path;
}

async function count(path: string): Promise<{ facts: CaptureFacts; areRight: boolean }> {
  let areRight = true;
  const facts = await readCapture(path, ({ number, bytes, at, end }) => {
    if (Buffer.compare(bytes.subarray(at, end), FRAMES[number - 1]!) !== 0) areRight = false;
  });
  return { facts, areRight };
}

describe('reading a file', () => {
  it.each<[string, Uint8Array]>([
    ['as it is', PCAP],
    ['by gzip', gzipSync(PCAP)],
    ['by gzip, in two parts', Buffer.concat([gzipSync(PCAP.subarray(0, 999)), gzipSync(PCAP.subarray(999))])],
  ])('takes every frame: %s', async (_, bytes) => {
    const { facts, areRight } = await count(keep(bytes));
    expect(facts).toMatchObject({ frames: 3_000, wholeBytes: PCAP.length, faults: new Set() });
    expect(areRight).toBe(true);
  });

  it('takes all that can be unpacked of a gzip that breaks off', async () => {
    const packed = gzipSync(PCAP);
    const { facts, areRight } = await count(keep(packed.subarray(0, packed.length - 2_000)));
    // Two thousand bytes that hardly compress are less than two frames.
    expect(facts.frames).toBe(2_998);
    expect(areRight).toBe(true);
    expect([...facts.faults]).toEqual([
      'breaks off: its compression has no end',
      expect.stringMatching(/^breaks off after frame 2998: 4245192 bytes could be read, \d+ could not$/),
    ]);
  });

  it('says that a gzip breaks off even where its last frame is whole', async () => {
    const packed = gzipSync(PCAP);
    const { facts } = await count(keep(packed.subarray(0, packed.length - 4)));
    expect(facts.frames).toBe(3_000);
    expect([...facts.faults]).toEqual(['breaks off: its compression has no end']);
  });

  it('keeps what came before the damage in a gzip', async () => {
    const packed = Buffer.from(gzipSync(PCAP));
    packed.fill(0xff, 2_500_000, 2_500_100);
    const { facts } = await count(keep(packed));
    // Data that hardly compress lie where they lay; what was unpacked at once with the damage is lost.
    expect(facts.frames).toBeGreaterThan(700);
    expect(facts.frames).toBeLessThan(3_000);
    expect([...facts.faults][0]).toBe('is damaged: the rest cannot be unpacked');
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'is empty'],
    ['one byte', Uint8Array.of(0x1f), 'is not a capture: it has too few bytes'],
    ['text', Buffer.from('Date,Time,Source,Destination'), 'is not a capture: neither pcap nor pcapng'],
    ['text by gzip', gzipSync('Date,Time,Source,Destination'), 'is not a capture: neither pcap nor pcapng'],
    ['the beginning of a gzip', gzipSync(PCAP).subarray(0, 10), 'breaks off: its compression has no end'],
    ['a gzip of nothing', gzipSync(''), 'is empty'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(readCapture(keep(bytes), () => {})).rejects.toThrow(new CaptureError(message));
  });

  it('tells the system’s error of a file that is not there', async () => {
    await expect(readCapture(join(folder, 'none'), () => {})).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readCapture(folder, () => {})).rejects.toMatchObject({ code: 'EISDIR' });
  });

  it.each<[string, Uint8Array]>([
    ['as it is', PCAP],
    ['by gzip', gzipSync(PCAP)],
  ])('ends with what its caller throws: %s', async (_, bytes) => {
    let calls = 0;
    const reading = readCapture(keep(bytes), ({ number }) => {
      calls += 1;
      if (number === 5) throw new RangeError('enough');
    });
    await expect(reading).rejects.toThrow(new RangeError('enough'));
    expect(calls).toBe(5);
  });
});

suiteNeeding('reading a pipe', ['linux'], () => {
  it.each<[string, Uint8Array]>([
    ['as it is', PCAP],
    ['by gzip', gzipSync(PCAP)],
  ])('takes every frame: %s', async (name, bytes) => {
    const pipe = join(folder, `pipe ${name}`);
    execFileSync('mkfifo', [pipe]);
    const writer = createWriteStream(pipe);
    // Its first piece has one byte.
    writer.write(bytes.subarray(0, 1));
    writer.end(bytes.subarray(1));
    expect(await count(pipe)).toMatchObject({ facts: { frames: 3_000, faults: new Set() }, areRight: true });
  });
});
