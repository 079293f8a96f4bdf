import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { locateBuilt } from '../../src/places.ts';

/** Megabytes of room for short-lived objects, after much of them has survived. */
function roomOf(command: string): number {
  const code = `
    const { keepYoungGenerationsSmall } = await import(${JSON.stringify(locateBuilt('cli/small-heap.js'))});
    keepYoungGenerationsSmall(${JSON.stringify(command)});
    const kept = [];
    for (let index = 0; index < 500_000; index += 1) kept.push({ index });
    const { getHeapSpaceStatistics } = await import('node:v8');
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 1e6);`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return Number(stdout);
}

it('a load takes little room for what is short-lived, other commands as much as Node gives them', () => {
  expect(roomOf('run')).toBeLessThan(4);
  expect(roomOf('report')).toBeGreaterThan(8);
});
