import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppendFile } from '../../src/store/append-file.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { withSmallDisk } from './full-disk.ts';
import { makeFolder } from './runs.ts';

describe('a file that only grows', () => {
  it('holds the chunks in order', async () => {
    const file = await AppendFile.open(join(makeFolder(), 'file'));
    for (const text of ['one\n', '', 'two\n', 'drei ü\n']) expect(await file.append(text)).toBeUndefined();
    await file.close();
    expect(await readFile(file.path, 'utf8')).toBe('one\ntwo\ndrei ü\n');
  });

  it('goes on after what is there already', async () => {
    const path = join(makeFolder(), 'file');
    await writeFile(path, 'before\n');
    const file = await AppendFile.open(path);
    await file.append('after\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('before\nafter\n');
  });
});

// To mount takes the same right in a container as to make a network namespace.
suiteNeeding('a file on a full disk', ['linux', 'root', 'netns', 'mount'], () => {
  /** Longer than a page, and no multiple of one: a disk runs full in the middle of it. */
  const chunkOf = (number: number): string => `${number}:${'x'.repeat(5_998 - String(number).length)}\n`;

  it('says so, keeps what is written whole, and goes on in order once there is room', async () => {
    await withSmallDisk(64, async (disk) => {
      await disk.fill(32);
      const file = await AppendFile.open(join(disk.dir, 'file'));
      const failures = [];
      for (let number = 0; number < 8; number += 1) failures.push(await file.append(chunkOf(number)));
      const codes = failures.map((failure) => failure?.code);
      const written = codes.indexOf('ENOSPC');
      // 32 KiB take five chunks of 6,000 bytes, and a part of the sixth.
      expect(written).toBe(5);
      expect(codes.slice(written)).toEqual(['ENOSPC', 'ENOSPC', 'ENOSPC']);
      expect(file.pendingBytes).toBe(3 * 6_000);
      const whole = [0, 1, 2, 3, 4].map(chunkOf).join('');
      expect(await readFile(file.path, 'utf8')).toBe(whole);

      await disk.makeRoom();
      expect(await file.append(chunkOf(8))).toBeUndefined();
      expect(file.pendingBytes).toBe(0);
      expect(file.dropped).toBe(0);
      await file.close();
      expect(await readFile(file.path, 'utf8')).toBe(whole + [5, 6, 7, 8].map(chunkOf).join(''));
    });
  });

  it('drops and counts the oldest of what waits once that is more than 16 MiB', async () => {
    await withSmallDisk(64, async (disk) => {
      await disk.fill(64 - 4);
      const file = await AppendFile.open(join(disk.dir, 'file'));
      const mebibyte = 1_024 * 1_024;
      for (let number = 0; number < 18; number += 1) await file.append('x'.repeat(mebibyte));
      expect(file.pendingBytes).toBe(16 * mebibyte);
      expect(file.dropped).toBe(2);
      await file.close();
      expect(await readFile(file.path, 'utf8')).toBe('');
    });
  });
});
