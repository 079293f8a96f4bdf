import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';

const BENCH = join(import.meta.dirname, '../../bench/run.mjs');

interface Figures {
  completed: number;
  served: number;
  failed: number;
  connectionsPerSec: number;
  cpuUs: number;
  userUs: number;
  systemUs: number;
  peakMiB: number;
  to: Record<string, { connectionsPerSec: number; cpu: number; peakMemory: number }>;
}

suiteNeeding('the bench', ['linux', 'nginx', 'ab', 'cc'], () => {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-test-'));
  const file = join(dir, 'bench.json');
  const args = ['--rounds', '2', '--requests', '500', '--tools', 'ab,floor', '--json', file];
  const bench = () => execFileSync(process.execPath, [BENCH, ...args], { encoding: 'utf8' });
  let first: string;
  let tools: { ab: Figures; floor: Figures };

  beforeAll(() => {
    first = bench();
    ({ tools } = JSON.parse(readFileSync(file, 'utf8')) as { tools: typeof tools });
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('has each tool complete what it was asked for, and the server agrees', () => {
    for (const { completed, served, failed } of [tools.ab, tools.floor]) {
      expect({ completed, served, failed }).toEqual({ completed: 500, served: 500, failed: 0 });
    }
  });

  it('holds each tool against ab and against the floor', () => {
    const { ab, floor } = tools;
    expect(ab.to['ab']).toEqual({ connectionsPerSec: 1, cpu: 1, peakMemory: 1 });
    expect(ab.to['floor']?.connectionsPerSec).toBeCloseTo(ab.connectionsPerSec / floor.connectionsPerSec);
    expect(ab.to['floor']?.cpu).toBeCloseTo(ab.cpuUs / floor.cpuUs);
    expect(ab.to['floor']?.peakMemory).toBeCloseTo(ab.peakMiB / floor.peakMiB);
  });

  it('counts the memory of the tool alone, not of what started it', () => {
    expect(tools.floor.peakMiB).toBeLessThan(10);
  });

  it('prints a row a tool, and what changed since the file before', () => {
    expect(first).toMatch(/^ab .*^floor /ms);
    expect(first).not.toContain('Since ');
    expect(bench()).toMatch(/^Since .*^floor .* -> /ms);
  });

  it('refuses a load without bounds', () => {
    const { status, stderr } = spawnSync(process.execPath, [BENCH, '--requests', '1e9'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('--requests takes a whole number from 100 to 1000000, not "1e9"');
  });
});
