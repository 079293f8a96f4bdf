import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RushhourError } from '../../../src/errors.ts';
import type { HandshakeSeen } from '../../../src/evidence/handshakes/types.ts';
import { compareSides } from '../../../src/evidence/match/sides.ts';
import { readCaptureFiles } from '../../../src/evidence/pcap/read-files.ts';
import { createRandomBelow, type RandomBelow } from '../../../src/random.ts';
import { renderCaptures } from '../../../src/render/pcap.ts';
import { renderSides } from '../../../src/render/sides.ts';
import { EPOCH_SEC, pcapOf } from '../capture-file.ts';
import { matchAll } from '../match/match-all.ts';
import { makeTraffic } from '../traffic.ts';
import { frameOf, unreachableFrame } from '../wire.ts';

/** More of them: RUSHHOUR_FUZZ=20000. */
const MUTANTS = Number(process.env['RUSHHOUR_FUZZ'] ?? 200);

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'fuzz-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('reads, judges and shows whatever a capture contains, or says what is wrong with it', async () => {
  const syn = frameOf({ from: '10.0.0.1:1', to: '192.0.2.9:3128', atMs: 1, flags: 'S', seq: 5 });
  const frames = [...makeTraffic(12, 1), syn, unreachableFrame('10.0.0.254', 13, syn, 2)];
  const seeds = [
    pcapOf(frames, {}),
    pcapOf(frames, { link: 'sll2' }),
    pcapOf(makeTraffic(12, 2, { family: 6 }), { isNano: true }),
  ];
  const below = createRandomBelow(1);
  let read = 0;
  for (let turn = 0; turn < MUTANTS; turn += 1) {
    const path = join(dir, 'mutant');
    writeFileSync(path, mutate(seeds[turn % seeds.length]!, below));
    const seen: HandshakeSeen[] = [];
    try {
      const report = await readCaptureFiles([{ path, shown: 'mutant' }], {
        nowSec: EPOCH_SEC,
        onHandshake: (one) => seen.push(one),
      });
      read += 1;
      expect(renderCaptures(report, 80)).not.toMatch(/NaN|undefined|Infinity/);
      const sides = compareSides(matchAll(seen, seen));
      expect(renderSides(sides, 80)).not.toMatch(/NaN|undefined|Infinity/);
      expect(JSON.parse(JSON.stringify(report)).connections).toBe(seen.length);
    } catch (error) {
      if (!(error instanceof RushhourError)) throw error;
    }
  }
  expect(read).toBeGreaterThan(MUTANTS / 3);
});

/** A few bytes changed, a piece doubled or lost: mostly behind the file's header. */
function mutate(seed: Uint8Array, below: RandomBelow): Uint8Array {
  const bytes = Uint8Array.from(seed);
  for (let change = below(12); change >= 0; change -= 1) {
    const at = below(50) === 0 ? below(24) : 24 + below(bytes.length - 24);
    bytes[at] = below(4) === 0 ? [0, 255, 128, 127][below(4)]! : below(256);
  }
  if (below(4) > 0) return bytes;
  const [from, to] = [below(bytes.length), below(bytes.length)];
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
}
