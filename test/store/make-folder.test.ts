import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from '../../src/store/make-folder.ts';
import { makeRunFolder } from '../../src/store/run-folder.ts';

const dir = mkdtempSync(join(tmpdir(), 'rushhour-folder-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('a folder', () => {
  it('is created with those above it, and may exist', async () => {
    const deep = join(dir, 'a/b/../c/d');
    await makeFolder(deep);
    await makeFolder(deep);
    expect(existsSync(join(dir, 'a/c/d'))).toBe(true);
    await makeFolder('/');
  });

  it('is refused where something else is in its place, or above it', async () => {
    writeFileSync(join(dir, 'file'), '');
    symlinkSync(join(dir, 'nowhere'), join(dir, 'dangling'));
    await expect(makeFolder(join(dir, 'file'))).rejects.toThrow('EEXIST');
    await expect(makeFolder(join(dir, 'file/x'))).rejects.toThrow('ENOTDIR');
    await expect(makeFolder(join(dir, 'dangling'))).rejects.toThrow('EEXIST');
  });

  it.skipIf(process.platform !== 'linux')(
    'is refused at once where the system has no room for any',
    async () => {
      await expect(makeFolder('/proc/rushhour/results')).rejects.toThrow('ENOENT');
      const facts = { startedAt: '2025-01-31T06:00:00.000Z', scenario: { name: 'steady' } };
      await expect(makeRunFolder('/proc/rushhour', facts)).rejects.toThrow('ENOENT');
    },
  );
});
