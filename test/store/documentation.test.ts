import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TIMED } from '../../src/metrics/types.ts';
import { OUTCOMES } from '../../src/outcome/outcome.ts';
import { FILES } from '../../src/store/files.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { scenarioOf } from '../analysis/parts.ts';
import { collect, makeFolder, recordRun } from './runs.ts';

const DOC = readFileSync(new URL('../../docs/results.md', import.meta.url), 'utf8');

/** What stands in backticks in the section of that title. */
function namesIn(title: string): Set<string> {
  const section = DOC.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  return new Set([...section.matchAll(/`([^`]+)`/g)].map(([, name]) => name!));
}

function missingFrom(title: string, names: Iterable<string>): string[] {
  const known = namesIn(title);
  return [...new Set(names)].filter((name) => !known.has(name));
}

/** Names of all fields, at any depth; below a field whose keys are data, those of its values alone. */
function fieldsOf(value: unknown, keyedByData: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, keyedByData));
  return Object.entries(value).flatMap(([name, inner]) => {
    const values = keyedByData.includes(name) ? Object.values(inner as object) : inner;
    return [name, ...fieldsOf(values, keyedByData)];
  });
}

const COUNTED = [
  'series',
  'arms',
  'synRetransmits',
  'requestRetransmits',
  'outcomes',
  'statuses',
  'tunnelStatuses',
  'schemesOffered',
  'refusals',
  'errorNames',
  'unmetContent',
  'cuts',
  'byProofAge',
  'stalledBySecond',
  'endpoints',
];

describe('docs/results.md', () => {
  const record = () =>
    recordRun(makeFolder(), 2, {
      scenario: scenarioOf({ criteria: ['stress.unsent == 0'], findings: ['knee', 'cut-age'] }),
    });

  it('names every file of a run', () => {
    for (const file of Object.values(FILES)) expect(DOC).toContain(`## ${file}`);
  });

  it('names every field of run.json', async () => {
    const { dir } = await record();
    const info = JSON.parse(await readFile(join(dir, FILES.info), 'utf8'));
    const fields = fieldsOf({ ...info, scenario: 0, endpoints: 0, host: 0 }, []);
    expect(missingFrom('run.json', fields)).toEqual([]);
  });

  it('names every field of a frame and of a stall', async () => {
    const { dir } = await record();
    const [frame] = await collect(readFrames(dir));
    expect(frame?.series).toHaveProperty('stress~ramp');
    expect(missingFrom('frames.jsonl', fieldsOf(frame, COUNTED))).toEqual([]);
    const [stall = ''] = (await readFile(join(dir, FILES.stalls), 'utf8')).split('\n');
    expect(missingFrom('stalls.jsonl', fieldsOf(JSON.parse(stall), []))).toEqual([]);
  });

  it('names every tag of the histogram log', () => {
    const tags = TIMED.map((timed) => `<series>.${timed}`);
    expect(missingFrom('latency.hlog', [...tags, 'lateness'])).toEqual([]);
  });

  it('names every field of the summary', async () => {
    const { summary } = await record();
    expect(summary.arms['stress']).toHaveProperty('ramp');
    expect(missingFrom('summary.json', fieldsOf(summary, COUNTED))).toEqual([]);
  });

  it('names every outcome, and no other', () => {
    const section = DOC.split(/^## /m).find((text) => text.startsWith('Outcomes\n')) ?? '';
    const rows = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
    expect(rows).toEqual(OUTCOMES);
  });
});
