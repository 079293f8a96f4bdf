import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readUntil } from '../../src/doctor/read.ts';

describe('a long file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-read-'));
  const path = join(dir, 'long');
  const text = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`).join('');
  writeFileSync(path, text);
  afterAll(() => rmSync(dir, { recursive: true }));

  it('is read no further than is needed', () => {
    const read = readUntil(path, (so) => so.includes('line 10000\n'));
    expect(text.startsWith(read!)).toBe(true);
    expect(read).toContain('line 10000\n');
    expect(read!.length).toBeLessThan(text.length / 2);
  });

  it('is read to its end where nothing is enough', () => {
    expect(readUntil(path, () => false)).toBe(text);
  });

  it('may be missing, or no file', () => {
    expect(readUntil(join(dir, 'none'), () => true)).toBeUndefined();
    expect(readUntil(dir, () => true)).toBeUndefined();
  });
});
