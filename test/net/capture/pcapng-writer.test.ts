import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeComment, MAX_COMMENT_BYTES } from '../../../src/net/capture/comment.ts';
import { type PcapngOptions, PcapngWriter } from '../../../src/net/capture/pcapng-writer.ts';
import { readByTcpdump } from '../../support/captures.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { sample } from '../wire/arbitraries.ts';
import { anyEthernetFrame } from '../wire/frames.ts';
import { hexOf, readPieces } from './blocks.ts';

const OPTIONS = {
  application: 'rushhour 0.2.0',
  interfaceName: 'eth0',
  snapLength: 128,
  maxBytes: 64 * 1024 * 1024,
};
const TIME = { sec: 1_760_000_000, ns: 123_456_789 };
const STATISTICS = { from: TIME, to: { sec: 1_760_000_060, ns: 1 }, received: 70, dropped: 3 };

function collect(options: Partial<PcapngOptions> = {}) {
  const blocks: Uint8Array[] = [];
  const writer = new PcapngWriter({ ...OPTIONS, ...options }, (block) => blocks.push(block));
  return { writer, blocks, read: () => readPieces(Buffer.concat(blocks)) };
}

describe('writing a pcapng', () => {
  it('is read as it was written', () => {
    const { writer, read } = collect();
    expect(writer.write(TIME, Uint8Array.of(1, 2, 3), 3, ['attempt 7', 'stalled'])).toBe(true);
    expect(writer.write({ sec: 1_760_000_001, ns: 0 }, new Uint8Array(200).fill(9), 1_514)).toBe(true);
    writer.end(STATISTICS);
    const { frames, facts } = read();
    expect(frames).toEqual([
      {
        number: 1,
        atUs: 123_456.789,
        linkType: 1,
        bytes: '010203',
        wireBytes: 3,
        comments: ['attempt 7', 'stalled'],
      },
      { number: 2, atUs: 1_000_000, linkType: 1, bytes: '09'.repeat(128), wireBytes: 1_514, comments: [] },
    ]);
    expect(facts).toMatchObject({ epochSec: 1_760_000_000, dropped: 3, cut: 1, faults: new Set() });
    expect(facts.wholeBytes).toBe(writer.bytes);
    expect(writer).toMatchObject({ frames: 2, left: 0 });
  });

  it('is whole after each block', () => {
    const { writer, blocks } = collect();
    for (let frame = 0; frame < 3; frame += 1) writer.write(TIME, new Uint8Array(5), 5, ['x']);
    writer.end(STATISTICS);
    const [section, ...others] = blocks;
    others.forEach((_, index) => {
      const { facts } = readPieces(Buffer.concat([section!, ...others.slice(0, index + 1)]));
      expect([...facts.faults]).toEqual([]);
      expect(facts.frames).toBe(Math.min(index, 3));
    });
  });

  it('stays within its bounds, statistics included, and counts what it leaves out', () => {
    for (const maxBytes of [400, 401, 402, 403, 404, 1_000, 1_003]) {
      const { writer, blocks, read } = collect({ maxBytes });
      let written = 0;
      for (let frame = 0; frame < 20; frame += 1)
        if (writer.write(TIME, new Uint8Array(60), 60, ['hello'])) written += 1;
      // What is smaller may still have room.
      writer.write(TIME, new Uint8Array(), 0);
      writer.end(STATISTICS);
      expect(Buffer.concat(blocks).length).toBeLessThanOrEqual(maxBytes);
      expect(writer.bytes).toBe(Buffer.concat(blocks).length);
      expect(writer.left + writer.frames).toBe(21);
      expect(writer.left).toBeGreaterThan(0);
      expect(writer.frames).toBeGreaterThanOrEqual(written);
      expect(read().facts).toMatchObject({ frames: writer.frames, dropped: 3, faults: new Set() });
    }
    expect(() => collect({ maxBytes: 100 })).toThrow(RangeError);
  });

  it('carries any text as one line that does nothing to a terminal', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 60 }), { maxLength: 4 }), (texts) => {
        const { writer, read } = collect();
        writer.write(TIME, Uint8Array.of(1), 1, texts);
        const { comments } = read().frames[0]!;
        expect(comments).toHaveLength(texts.length);
        for (const comment of comments) expect(comment).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it.each([
    ['plain', 'stalled: naïve 日本 🚦', 'stalled: naïve 日本 🚦'],
    ['colour and lines', '\u001b[31mred\r\nnext\u0000', '\\u001b[31mred\\u000d\\u000anext\\u0000'],
    ['turned round', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['half a character', 'a\ud83db', 'a\ufffdb'],
  ])('escapes what is hostile: %s', (_, text, expected) => {
    expect(Buffer.from(encodeComment(text)).toString()).toBe(expected);
  });

  it('cuts what is too long, between characters', () => {
    for (const text of [
      'x'.repeat(100_000),
      '日本'.repeat(3_000),
      `a${'🚦'.repeat(3_000)}`,
      '\u001b'.repeat(5_000),
    ]) {
      const bytes = encodeComment(text);
      expect(bytes.length).toBeLessThanOrEqual(MAX_COMMENT_BYTES);
      expect(bytes.length).toBeGreaterThan(MAX_COMMENT_BYTES - 7);
      const shown = new TextDecoder('utf8', { fatal: true }).decode(bytes);
      expect(shown.endsWith('…')).toBe(true);
      expect(
        text.startsWith(
          shown
            .slice(0, 5)
            .replace(/^\\u001b$|^\\u001/, '\u001b')
            .slice(0, 1),
        ),
      ).toBe(true);
    }
    const fitting = 'x'.repeat(MAX_COMMENT_BYTES);
    expect(Buffer.from(encodeComment(fitting)).toString()).toBe(fitting);
  });
});

suiteNeeding('a pcapng read by tcpdump', ['tcpdump'], () => {
  it('has the same frames at the same times', () => {
    const frames = sample(anyEthernetFrame, 500);
    const { writer, blocks } = collect({ snapLength: 96 });
    frames.forEach((frame, index) => {
      writer.write({ sec: 1_760_000_000 + index, ns: index * 1_999_999 }, frame, frame.length, [
        `frame ${index}`,
        '\u001b[2J',
      ]);
    });
    writer.end(STATISTICS);
    const lines = readByTcpdump(Buffer.concat(blocks), ['--nano', '-e', '-xx', '-q']);
    const told = lines.map((line) => {
      const bytes = [...line.matchAll(/0x[0-9a-f]{4}:((?: +[0-9a-f]{2,4})+)/g)].map(([, hex]) =>
        hex!.replaceAll(' ', ''),
      );
      return `${line.split(' ', 1)[0]} ${/length (\d+)/.exec(line)?.[1]} ${bytes.join('')}`;
    });
    const expected = frames.map((frame, index) => {
      const ns = String(index * 1_999_999).padStart(9, '0');
      return `${1_760_000_000 + index}.${ns} ${frame.length} ${hexOf(frame.subarray(0, 96))}`;
    });
    expect(told).toEqual(expected);
  });
});
