import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { loadLibc, releaseFreedMemory } from '../../src/net/index.ts';
import type { Koffi } from '../../src/net/koffi.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

suiteNeeding('freed memory', ['linux', 'npm:koffi'], () => {
  it('goes back to the system', () => {
    // Pieces below the size that glibc maps one by one: what is freed between others stays with it until it is trimmed.
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    const malloc: (bytes: number) => number = library.func('malloc', 'uintptr_t', ['size_t']);
    const free: (at: number) => void = library.func('free', 'void', ['uintptr_t']);
    const PIECE = 100_000;
    const pieces = Array.from({ length: 400 }, () => malloc(PIECE));
    for (const at of pieces) new Uint8Array(loadLibc().viewMemory(at, PIECE)).fill(1);
    const before = process.memoryUsage.rss();
    for (const at of pieces.slice(0, -1)) free(at);
    releaseFreedMemory();
    free(pieces.at(-1)!);
    expect(before - process.memoryUsage.rss()).toBeGreaterThan(20_000_000);
  });
});
