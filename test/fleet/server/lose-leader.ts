import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readStream } from '../../../src/fleet/operator/read-stream.ts';
import { RunCopy } from '../../../src/fleet/operator/run-copy.ts';
import { RunJournal } from '../../../src/fleet/outbox/journal.ts';
import { publishTo } from '../../../src/fleet/outbox/publish.ts';
import { RunOutbox } from '../../../src/fleet/outbox/run-outbox.ts';
import { STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { decodeRunPart } from '../../../src/fleet/run-part.ts';
import { HOSTS, TestCluster } from './start-cluster.ts';

/** What three nats-servers have to bear, of whichever is first on the PATH. */
export function itBearsTheLossOfItsLeader(): void {
  let cluster: TestCluster | undefined;
  afterEach(async () => {
    await cluster?.close();
    cluster = undefined;
  });

  it('loses and doubles nothing of a run while its leader is killed', async () => {
    cluster = await TestCluster.start(['a']);
    const { dir } = cluster;
    const operator = await cluster.connect('operator');
    const manager = await operator.jetstream.jetstreamManager();
    for (const { name } of Object.values(STREAMS)) {
      const { config, cluster: copies } = await manager.streams.info(name);
      expect([config.num_replicas, copies?.replicas?.length]).toEqual([3, 2]);
    }
    const folder = join(dir, 'run');
    mkdirSync(folder);
    writeFileSync(join(folder, 'run.json'), '{}');
    const outbox = await RunOutbox.take('a', 'one', new RunJournal(join(dir, 'one.jsonl')));
    await outbox.addFolder(folder, '');
    const publish = publishTo(await cluster.connect('a'));
    const send = async (): Promise<boolean> => {
      await outbox.send(publish).catch(() => {});
      return outbox.isDone;
    };
    let leader = '';
    for (let second = 0; second < 40; second += 1) {
      appendFileSync(join(folder, 'frames.jsonl'), `{"second":${second}}\n`);
      if (second === 15) {
        leader = (await manager.streams.info(STREAMS.runs.name)).cluster?.leader ?? '';
        const sending = send();
        cluster.signal(leader, 'SIGKILL');
        await sending;
      } else await send();
    }
    await outbox.finish();
    await expect.poll(send, { timeout: 60_000 }).toBe(true);
    expect(HOSTS).toContain(leader);
    const copy = new RunCopy(join(dir, 'copy'));
    /** Bytes of frames that came, each as often as it came. */
    let bytesOfFrames = 0;
    const reading = { stream: STREAMS.runs.name, filter: SUBJECTS.run('*', 'one') };
    await readStream(await cluster.connect('operator'), reading, async ({ data }) => {
      const decoded = decodeRunPart(data)!;
      await copy.add(decoded);
      const { part } = decoded;
      if (part.kind === 'end') return;
      for (const { file, bytes } of part.pieces) if (file === 'frames.jsonl') bytesOfFrames += bytes;
    });
    const recorded = readFileSync(join(folder, 'frames.jsonl'), 'utf8');
    expect(recorded.split('\n').filter(Boolean)).toHaveLength(40);
    expect(bytesOfFrames).toBe(recorded.length);
    expect(readFileSync(join(dir, 'copy', 'frames.jsonl'), 'utf8')).toBe(recorded);
    const leading = async () => (await manager.streams.info(STREAMS.runs.name)).cluster?.leader ?? leader;
    await expect.poll(leading, { timeout: 30_000 }).not.toBe(leader);
  });
}
