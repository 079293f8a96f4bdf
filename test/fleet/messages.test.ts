import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { estimateOffset } from '../../src/fleet/clock-offset.ts';
import { clockAnswer, event, presence, readMessage } from '../../src/fleet/messages.ts';
import { keepRun } from '../../src/fleet/operator/fleet-run.ts';
import { RunCopy } from '../../src/fleet/operator/run-copy.ts';
import { parsePolicy } from '../../src/fleet/policy/read-policy.ts';
import { decodeRunPart, encodeRunPart } from '../../src/fleet/run-part.ts';
import { readFleetFile } from '../../src/store/fleet-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-messages-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

it('takes nothing of a probe that fleet.json could not hold: one would make the run of all unreadable', async () => {
  const huge = [Number.MAX_SAFE_INTEGER, 2 ** 52, 8.64e15, 1e308];
  const own = { v: 1, fleetRun: 'one' };
  const events = huge
    .flatMap((most) => [
      { ...own, kind: 'accepted', attempts: most },
      { ...own, kind: 'started', folder: '\u0000', startedAtMs: most },
    ])
    .concat({ ...own, kind: 'refused', reasons: ['\u0000\ud800'] } as never)
    .flatMap((told) => readMessage(event, bytes(told)) ?? []);
  expect(events.length).toBeGreaterThan(3);
  const offsets = huge.flatMap((most) => {
    const answer = readMessage(clockAnswer, bytes({ v: 1, receivedAtMs: most, sentAtMs: most }));
    return answer === undefined
      ? []
      : [estimateOffset([{ ...answer, askedAtMs: 1, answeredAtMs: 2 }])!.offsetMs];
  });
  expect(offsets.length).toBeGreaterThan(0);
  const sha256 = '0'.repeat(64);
  const states = [];
  for (const most of huge) {
    const files = [{ file: 'frames.jsonl', bytes: most, sha256 }];
    const decoded = decodeRunPart(encodeRunPart({ v: 1, kind: 'end', files }, []));
    const copy = new RunCopy(join(dir, 'copy'));
    if (decoded !== undefined) await copy.add(decoded);
    states.push(await copy.check());
  }
  expect(states.some(({ missing }) => missing.length > 0)).toBe(true);
  const parts = states.map((copy, index) => ({
    ...{ probe: `p-${index}`, labels: {}, dir: '', events, copy },
    ...(offsets[index] !== undefined && {
      offset: { offsetMs: offsets[index], errorMs: 0 },
      skewMs: 8.64e15 - offsets[index],
    }),
  }));
  await keepRun({ id: 'one', startsAtMs: 0, parts, absent: [] }, dir);
  expect((await readFleetFile(join(dir, 'one'))).kind).toBe('whole');
});

it('takes no labels that are no line, nor lets a policy have them', () => {
  const host = {
    hostname: 'a',
    arch: '',
    kernel: '',
    node: '',
    cpu: '',
    cpus: 1,
    memoryBytes: 1,
    addresses: [],
  };
  const own = { v: 1, probe: 'a', version: '', host, engines: [], checks: [], busy: null, waiting: [] };
  const of = (labels: object) =>
    readMessage(presence, bytes({ ...own, labels, unsentBytes: 0, atMs: 0 })) !== undefined;
  expect(of({ site: 'Leeds, Haus 3' })).toBe(true);
  expect(of({ site: 'leeds\u0007' })).toBe(false);
  expect(of({ site: '' })).toBe(false);
  expect(of(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`l${index}`, 'x'])))).toBe(false);
  const policy = (label: string) =>
    parsePolicy(`schema: 1\nrate: 1/s\nattempts: 1\nlabels: { site: "${label}" }\n`, 'policy');
  expect(policy('leeds').labels).toEqual({ site: 'leeds' });
  expect(() => policy('leeds\\n')).toThrow(/one line/);
});

it('writes no piece far beyond what has arrived: it is missing, and no file of zeros is left to read', async () => {
  const copy = new RunCopy(join(dir, 'copy'));
  const add = async (offset: number): Promise<void> => {
    const pieces = [{ file: 'near.pcapng', offset, bytes: 2 }];
    await copy.add(decodeRunPart(encodeRunPart({ v: 1, kind: 'pieces', pieces }, [Buffer.from('xx')]))!);
  };
  for (const offset of [0, 10, 2 ** 43, 2 ** 28, 2 ** 28 + 100]) await add(offset);
  const files = [{ file: 'near.pcapng', bytes: 2 ** 43 + 2, sha256: '0'.repeat(64) }];
  await copy.add(decodeRunPart(encodeRunPart({ v: 1, kind: 'end', files }, []))!);
  const { missing } = await copy.check();
  expect(missing.map(({ fromByte, toByte }) => [fromByte, toByte])).toEqual([
    [2, 10],
    [12, 2 ** 28],
    [2 ** 28 + 2, 2 ** 43 + 2],
  ]);
});
