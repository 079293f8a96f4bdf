import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { joinSides } from '../../src/evidence/far/join.ts';
import { diagnoseNight } from '../../src/read/night.ts';
import { SessionSums } from '../../src/read/session-sums.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { reopenSession } from '../../src/session/reopen.ts';
import { writeFar } from '../../src/store/far-files.ts';
import { readRunInfo } from '../../src/store/read-info.ts';
import { createSession } from '../../src/store/session-create.ts';
import { makeWorld } from '../evidence/far/world.ts';
import { makeFolder } from '../store/runs.ts';
import { endSoak, fail, openSoak, push, soakFacts } from '../store/soaks.ts';

const AT = '2025-01-31T01:30:09.000Z';
const END = '2025-01-31T01:31:00.000Z';

/** With the diagnosis from its windows, as a night has it once it has ended. */
async function atItsEnd(dir: string, sums: SessionSums, summary: Summary): Promise<Summary> {
  const diagnosis = await diagnoseNight(dir, await readRunInfo(dir), sums, summary);
  return { ...summary, ...(diagnosis === undefined ? {} : { diagnosis }) };
}

it('sums of a night are what its folder tells, set-aside seconds and a kill included', async () => {
  const writer = await openSoak(makeFolder());
  const { info, dir } = writer;
  const sums = new SessionSums(info);
  sums.add(await push(writer, 0, 9));
  writer.event({ kind: 'link-down', at: AT, fromSec: 9, toSec: 11, setsAside: true, text: 'lost' });
  sums.add(await push(writer, 9, 21));
  sums.add(await writer.closeAll());
  const events = [{ kind: 'link-down' as const }];
  const told = sums.summarise('interrupted', END, events);
  expect(await atItsEnd(dir, sums, told)).toEqual(
    await rebuildSummary(dir, { status: 'interrupted', endedAt: END }),
  );
  expect(told.soak?.setAsideSec).toBeGreaterThan(0);
  await endSoak(writer);

  const { writer: second, sums: on } = await reopenSession(dir, fail);
  on.add(await push(second, 30, 40));
  on.add(await second.closeAll());
  expect(await atItsEnd(dir, on, on.summarise('complete', END, events))).toEqual(
    await rebuildSummary(dir, { status: 'complete', endedAt: END }),
  );
  await endSoak(second);
});

it('sums of a night need no folder', async () => {
  const writer = await createSession(makeFolder(), soakFacts(), () => {});
  const sums = new SessionSums(writer.info);
  sums.add(await push(writer, 0, 9));
  const before = sums.summarise('complete', END, []).arms['stress']?.started;
  await rm(writer.dir, { recursive: true });
  sums.add(await push(writer, 9, 20));
  sums.add(await writer.closeAll());
  const summary = sums.summarise('complete', END, []);
  expect(before).toBeLessThan(200);
  expect(summary.arms['stress']?.started).toBe(200);
  await expect(writer.finish(summary, 'complete', END)).rejects.toThrow(/cannot write the summary/);
});

it('a diagnosis knows what became at the far side of the SYNs that stalled', async () => {
  const writer = await openSoak(makeFolder());
  const { info, dir } = writer;
  const sums = new SessionSums(info);
  sums.add(await push(writer, 0, 21));
  sums.add(await writer.closeAll());
  const { far } = makeWorld(dir, { count: 9 });
  const joined = await joinSides(dir, { far: [[{ path: far, shown: 'far' }]], nowMs: Date.now() });
  const [series] = Object.values(joined.summary.series);
  const lost = { ...series!, fates: { recovered: { 'ack-lost': 9 } } };
  const both = { ...joined.summary, series: { stress: lost } };
  await writeFar(dir, both, joined.attempts);
  const told = sums.summarise('complete', END, [], both);
  const text =
    'of 9 stalled SYNs matched with the far side 9 were answered by a bare ACK that did not come back';
  expect(JSON.stringify(told.diagnosis)).toContain(text);
  expect(JSON.stringify(sums.summarise('complete', END, []).diagnosis)).not.toContain(text);
  expect(await rebuildSummary(dir, { status: 'complete', endedAt: END })).toEqual(
    await atItsEnd(dir, sums, told),
  );
  await endSoak(writer);
});
