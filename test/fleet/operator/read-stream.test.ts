import { afterAll, beforeAll, expect, it } from 'vitest';
import { followStream, readStream } from '../../../src/fleet/operator/read-stream.ts';
import { STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { TestFleet } from '../start-fleet.ts';

suiteNeeding('a stream that is followed', ['nats-server'], () => {
  let fleet: TestFleet;
  beforeAll(async () => {
    fleet = await TestFleet.start(['a']);
  });
  afterAll(() => fleet.close());

  it('comes once and in order though the server is started again, and knows nothing of who follows it', async () => {
    const operator = await fleet.connect('operator');
    const probe = await fleet.connect('a');
    const { name } = STREAMS.events;
    const taken: string[] = [];
    const over = new AbortController();
    const following = followStream(
      operator,
      { stream: name, filter: SUBJECTS.event('a', 'run') },
      ({ data }) => void taken.push(new TextDecoder().decode(data)),
      over.signal,
    );
    // The connection may be on its way back.
    const say = (text: string) =>
      expect
        .poll(
          () =>
            probe.jetstream.publish(SUBJECTS.event('a', 'run'), text, { msgID: text }).then(
              () => true,
              () => false,
            ),
          {
            timeout: 60_000,
          },
        )
        .toBe(true);
    await say('one');
    await expect.poll(() => taken, { timeout: 20_000 }).toEqual(['one']);
    await fleet.kill();
    await fleet.startAgain();
    await say('two');
    await expect.poll(() => taken, { timeout: 60_000 }).toEqual(['one', 'two']);
    await say('three');
    await expect.poll(() => taken, { timeout: 20_000 }).toEqual(['one', 'two', 'three']);
    over.abort();
    await following;
  });

  it('is read to its end though what was still to come is removed meanwhile', async () => {
    const operator = await fleet.connect('operator');
    const probe = await fleet.connect('a');
    const subject = SUBJECTS.run('a', 'run');
    // More than are asked for at once.
    for (let index = 0; index < 300; index += 1) await probe.jetstream.publish(subject, `${index}`);
    const manager = await operator.jetstream.jetstreamManager();
    const { name } = STREAMS.runs;
    let count = 0;
    await readStream(operator, { stream: name, filter: subject }, async () => {
      if (count === 0) await manager.streams.purge(name);
      count += 1;
    });
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(300);
    // Nothing of it is left at the server.
    await expect
      .poll(async () => (await manager.streams.info(name)).state.consumer_count, { timeout: 10_000 })
      .toBe(0);
  });
});
