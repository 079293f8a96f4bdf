import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectWhole } from './expect-whole.ts';
import { FleetOfCommands, secondsOf } from './fleet-of-commands.ts';

suiteNeeding('operators of a fleet', ['nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: 'labels: { site: leeds }\n', b: '' });
  });
  afterEach(() => fleet.close());
  const kept = (id: string) =>
    JSON.parse(readFileSync(join(fleet.dir, 'results', id, 'fleet.json'), 'utf8')).parts;

  it('two at once: the probe refuses the second in words, and each sees its own run', async () => {
    await fleet.up('a', 'b');
    fleet.probe('a');
    fleet.probe('b');
    await fleet.present('a', 'b');
    const first = await fleet.order('quickstart', '--on', 'probe=a', '--rate', '50', '-t', '8s');
    const second = await fleet.order('quickstart', '--rate', '50', '-t', '2s', '--label', 'second');
    const codes = await Promise.all(
      [first, second].map(async ({ running }) => (await once(running, 'close'))[0]),
    );
    expect(codes).toEqual([0, 5]);
    const [one, two] = [fleet.said(first.running).out, fleet.said(second.running).out];
    expect(one).toMatch(/^ {2}a +site=leeds +complete /m);
    expect(two).toMatch(/^ {2}a +site=leeds +refused$/m);
    expect(two).toMatch(/^ {2}b +complete /m);
    expect(two).toMatch(
      new RegExp(
        `^refused by a: it (is busy with|has accepted) ${first.id}( for that time)?, until .+Z by its clock$`,
        'm',
      ),
    );
    // Whoever looks later sees the same of each.
    for (const [{ id }, shown] of [
      [first, one],
      [second, two],
    ] as const)
      expect((await fleet.call('fleet', 'pull', id)).out).toBe(shown);
    expect(fleet.runsOf('a')).toHaveLength(1);
  });

  it('one shows live what another ordered, and ends it', async () => {
    await fleet.up('a');
    fleet.probe('a');
    await fleet.present('a');
    const { running, id } = await fleet.order('quickstart', '--rate', '20', '-t', '200s');
    await fleet.says(running, 'a: started');
    const following = fleet.start(['fleet', 'follow', id, '--results', 'other']);
    await fleet.says(following, '1 of 1 probes sending | ');
    // Neither who looks in between nor who stops following takes it for a run that is over.
    const looked = await fleet.call('fleet', 'pull', id, '--no-wait', '--results', 'looked');
    const left = fleet.start(['fleet', 'follow', id, '--results', 'left']);
    await fleet.says(left, '1 of 1 probes sending | ');
    left.kill('SIGINT');
    const [code] = await once(left, 'close');
    for (const told of [looked, { ...fleet.said(left), code }]) {
      expect(told.code).toBe(5);
      expect(told.out).toMatch(/^Still running; so far: no handshake stalled at leeds; /m);
      expect(told.out).toMatch(/^ {2}a +site=leeds +sending /m);
      expect(told.out).toMatch(/^a: is still sending, by its plan: \d+ of its 2\d\d s are here$/m);
      expect(told.out).not.toContain('has not');
      expect(told.err).toContain(
        `rushhour: ${id} goes on: rushhour fleet stop ${id} ends it, rushhour fleet pull ${id} receives the rest\n`,
      );
    }
    const stopped = await fleet.call('fleet', 'stop', id);
    expect(stopped).toMatchObject({ code: 0, out: 'a: interrupted\n' });
    expect(stopped.err).toBe(`rushhour: asked 1 probe to end ${id}\n`);
    for (const child of [running, following]) {
      if (child.exitCode === null) await once(child, 'close');
      expect(child.exitCode).toBe(5);
      expect(fleet.said(child).out).toMatch(/^ {2}a +site=leeds +interrupted /m);
      expect(fleet.said(child).out).not.toContain('so far');
      expect(fleet.said(child).err).not.toContain('goes on');
    }
    expect(fleet.said(running).err).toMatch(
      /^1 of 1 probes sending \| \d+\/s \| \d+ established \| 0 stalled \(0 %\)$/m,
    );
    const { own, copy } = fleet.bothOf('a', id);
    expect(copy).toEqual(own);
    expect(secondsOf(own).length).toBeLessThan(200);
    expect((await fleet.call('fleet', 'stop', 'none-of-ours')).err).toContain(
      'the server has nothing of a run none-of-ours',
    );
  });

  it('orders a run for later, which survives a restart of the probe, and can be stopped before it begins', async () => {
    await fleet.up('a');
    const first = fleet.probe('a');
    await fleet.present('a');
    const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
    const later = inMs(40_000);
    const ordered = await fleet.call(
      'fleet',
      'run',
      'quickstart',
      '--rate',
      '50',
      '-t',
      '2s',
      '--at',
      later,
      '--no-follow',
    );
    const id = ordered.out.trim();
    expect(ordered).toMatchObject({ code: 0 });
    expect(id).toMatch(/^\d{8}-\d{6}-quickstart-\w{4}$/);
    const far = await fleet.call(
      'fleet',
      'run',
      'quickstart',
      '--rate',
      '20',
      '--at',
      inMs(7_200_000),
      '--no-follow',
    );
    await fleet.says(first, `${far.out.trim()}: accepted`);
    const early = await fleet.call('fleet', 'pull', far.out.trim(), '--no-wait');
    expect(early.out).toMatch(/^Not begun yet: it begins at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.$/m);
    expect(early.out).toMatch(/^a: has accepted, and waits for its time$/m);
    expect(early.err).toContain(`${far.out.trim()} has not begun: rushhour fleet stop `);
    await fleet.end(first, 'SIGTERM');
    const again = fleet.probe('a');
    expect(await fleet.call('fleet', 'stop', far.out.trim())).toMatchObject({
      code: 0,
      out: 'a: interrupted (it was stopped before it began)\n',
    });
    const followed = await fleet.call('fleet', 'follow', id);
    expect(followed.out).toMatch(/^ {2}a +site=leeds +complete /m);
    expectWhole(followed);
    const [part] = kept(id);
    expect(part.labels).toEqual({ site: 'leeds' });
    // Both clocks are one: what is left is how exactly a run can begin, told or asked for again.
    expect(Math.abs(part.skewMs)).toBeLessThan(1_000);
    const { copy } = fleet.bothOf('a', id);
    expect(Math.abs(Date.parse(JSON.parse(copy['run.json']!).startedAt) - Date.parse(later))).toBeLessThan(
      1_000,
    );
    expect(fleet.said(again).err).not.toContain('accepted');
    const pulled = await fleet.call('fleet', 'pull', id, '--json', '--results', 'later');
    expect(JSON.parse(pulled.out)).toMatchObject({
      startsAtMs: Date.parse(later),
      parts: [
        {
          probe: 'a',
          labels: { site: 'leeds' },
          skewMs: expect.any(Number),
          offset: { offsetMs: expect.any(Number) },
        },
      ],
    });
  });
});
