import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../src/metrics/evidence.ts';
import type { NotedKind } from '../../src/metrics/noted.ts';
import { EvidenceLog, type EvidenceLogOptions, type KeptEvidence } from '../../src/store/evidence-log.ts';
import { EVIDENCE_FILES } from '../../src/store/files.ts';
import { readEvidence } from '../../src/store/read-evidence.ts';
import { makeFolder } from './runs.ts';

const HEAD = Buffer.from('HEAD');

function kept(attempt: number, blocks: string, kind: NotedKind = 'frozen'): KeptEvidence {
  const evidence: Evidence = {
    ...{ series: 'first', attempt, kind, atUs: 0, endpoint: '10.0.0.1:3128', source: '', interface: 'eth0' },
    ...{ met: 'silence', packets: [], packetsLeftOut: 0, sinceFirstSynUs: null, rttUs: null },
  };
  return { evidence, blocks: Buffer.from(blocks) };
}

function open(dir: string, over: Partial<EvidenceLogOptions> = {}): EvidenceLog {
  const onFailure = (message: string) => {
    throw new Error(message);
  };
  return new EvidenceLog({ dir, head: HEAD, onFailure, ...over });
}

async function readAll(dir: string): Promise<Evidence[]> {
  const lines: Evidence[] = [];
  for await (const line of readEvidence(dir)) lines.push(line);
  return lines;
}

const captureOf = (dir: string) => readFileSync(join(dir, EVIDENCE_FILES.capture), 'latin1');

describe('evidence of a run', () => {
  it('says of each attempt where its packets are, behind the head of the capture', async () => {
    const dir = makeFolder();
    const log = open(dir);
    log.add(0, [kept(1, 'one'), kept(2, 'second')]);
    log.add(1, [kept(3, '')]);
    await log.close();
    const lines = await readAll(dir);
    const packets = lines.map(({ capture }) => capture && captureOf(dir).slice(...capture));
    expect(packets).toEqual(['one', 'second', undefined]);
    expect(captureOf(dir)).toBe('HEADonesecond');
  });

  it('makes no file where there is nothing to keep', async () => {
    const dir = makeFolder();
    const log = open(dir);
    log.add(0, []);
    await log.close();
    expect(existsSync(join(dir, EVIDENCE_FILES.lines))).toBe(false);
    expect(existsSync(join(dir, 'capture'))).toBe(false);
  });

  it('goes on after a process that was killed: half lines, and packets that no line vouches for, are gone', async () => {
    const dir = makeFolder();
    const first = open(dir);
    first.add(0, [kept(1, 'one'), kept(2, 'two')]);
    await first.close();
    const lines = join(dir, EVIDENCE_FILES.lines);
    truncateSync(lines, statSync(lines).size - 9);
    appendFileSync(join(dir, EVIDENCE_FILES.capture), 'torn');
    const second = open(dir);
    second.add(5, [kept(3, 'three')]);
    await second.close();
    expect((await readAll(dir)).map(({ attempt }) => attempt)).toEqual([1, 3]);
    expect(captureOf(dir)).toBe('HEADonethree');
  });

  it('keeps the capture below its limit, and lines without packets beyond it', async () => {
    const dir = makeFolder();
    const log = open(dir, { maxCaptureBytes: 10 });
    log.add(0, [kept(1, 'sixsix'), kept(2, 'x')]);
    log.add(1, [kept(3, 'y')]);
    await log.close();
    expect(captureOf(dir)).toBe('HEADsixsix');
    expect((await readAll(dir)).map(({ capture }) => capture)).toEqual([[4, 10], undefined, undefined]);
  });

  it('keeps a bounded number of attempts, healthy ones apart, over all processes', async () => {
    const dir = makeFolder();
    const log = open(dir);
    const many = (count: number, kind: NotedKind) =>
      Array.from({ length: count }, (_, at) => kept(at, '', kind));
    log.add(0, [...many(10_010, 'frozen'), ...many(1_010, 'healthy')]);
    await log.close();
    const again = open(dir);
    again.add(1, [...many(5, 'frozen'), ...many(5, 'healthy')]);
    await again.close();
    const lines = await readAll(dir);
    expect(lines).toHaveLength(11_000);
    expect(lines.filter(({ kind }) => kind === 'healthy')).toHaveLength(1_000);
  });

  it('leaves room for later windows of a soak', async () => {
    const dir = makeFolder();
    const log = open(dir, { windowSec: 60 });
    const many = Array.from({ length: 500 }, (_, at) => kept(at, ''));
    log.add(0, many);
    log.add(61, many.slice(0, 3));
    await log.close();
    expect(await readAll(dir)).toHaveLength(200 + 3);
  });

  it('tells once that nothing can be written, and does not fail', async () => {
    const told: string[] = [];
    const log = open(join(makeFolder(), 'gone'), { onFailure: (message) => told.push(message) });
    log.add(0, [kept(1, 'one')]);
    log.add(1, [kept(2, 'two')]);
    await log.close();
    expect(told).toHaveLength(1);
  });

  it('passes over lines that are none of its own', async () => {
    const dir = makeFolder();
    const log = open(dir);
    log.add(0, [kept(1, 'one')]);
    await log.close();
    const hostile = ['{"series":1}', 'nonsense', '{"packets":[{"way":"up"}]}', '{"__proto__":{"kind":"x"}}'];
    appendFileSync(join(dir, EVIDENCE_FILES.lines), `${hostile.join('\n')}\n`);
    expect((await readAll(dir)).map(({ attempt }) => attempt)).toEqual([1]);
  });
});
