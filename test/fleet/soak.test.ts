import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { FleetOfCommands, POLICY } from './fleet-of-commands.ts';

/** How far ahead of a night the clock of a probe is set: it is asked, and the server goes away meanwhile. */
const AHEAD_MS = 45_000;
const AT = '01:30';

suiteNeeding('a soak of a fleet', ['nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: 'labels: { site: leeds }\n', b: 'labels: { site: york }\n' });
  });
  afterEach(() => fleet.close());

  /** A probe that is started at this moment of a day, by its clock. */
  function probeAt(id: string, aheadMs: number): ReturnType<FleetOfCommands['probe']> {
    const night = new Date();
    night.setDate(night.getDate() + 1);
    night.setHours(1, 30, 0, 0);
    const shim = join(fleet.dir, `at-${id}.cjs`);
    const shiftMs = night.getTime() - aheadMs - Date.now();
    writeFileSync(shim, `const { now } = Date; Date.now = () => now() + ${shiftMs};`);
    return fleet.probe(id, [], ['--require', shim]);
  }

  const install = (...flags: readonly string[]) =>
    fleet.call(
      'fleet',
      'soak',
      'install',
      'quickstart',
      '--rate',
      '50',
      '--at',
      AT,
      '--window',
      '5s',
      ...flags,
    );

  it('has nothing to be received before its first night, and says so', async () => {
    await fleet.up('a');
    probeAt('a', 3_600_000);
    await fleet.present('a');
    const [id = ''] = (await install('--for', '20s')).out.split('\n');
    const early = await fleet.call('fleet', 'pull', id, '--json');
    expect({ code: early.code, out: early.out }).toEqual({ code: 0, out: '[]\n' });
    expect(early.err).toContain(`no night of ${id} has arrived yet`);
    expect((await fleet.call('fleet', 'follow', id)).err).toContain(`has nothing of a run ${id}`);
  });

  it('is played by the clocks of probes while the server is away, and its nights are received later', async () => {
    const server = await fleet.up('a', 'b');
    const [a, b] = [probeAt('a', AHEAD_MS), probeAt('b', AHEAD_MS + 30_000)];
    await fleet.present('a', 'b');
    const { code, out } = await install('--for', '20s');
    const [id = ''] = out.split('\n');
    expect({ code, id }).toEqual({ code: 0, id: expect.stringMatching(/^quickstart-\w{4}$/) });
    expect(out).toMatch(/^a: keeps it; the first night begins at \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m);
    await fleet.end(server, 'SIGTERM');
    // Judged anew each night: what its owner has changed since counts.
    fleet.writePolicy('b', 'schema: 1\nembedded: true\nrate: 1\nattempts: 5000\n');
    // The connection to the server is refused before that.
    await fleet.says(b, 'exceeds the rate');
    await fleet.says(a, ': complete');
    await fleet.up();
    await fleet.present('a', 'b');
    const listed = JSON.parse((await fleet.call('fleet', 'soak', 'ls', '--json')).out);
    expect(
      listed.map(({ probe, last }: { probe: string; last: { became: string } }) => [probe, last.became]),
    ).toEqual([
      ['a', 'complete'],
      ['b', 'refused'],
    ]);
    const night: string = listed[0].last.run;
    expect(night).toMatch(new RegExp(`^\\d{8}-013000-${id}$`));
    const pulled = await fleet.call('fleet', 'pull', id);
    expect(pulled.out).toMatch(new RegExp(`^${night}: 1 of 2 probes complete \\(b refused\\)`));
    const { own, copy } = fleet.bothOf('a', night);
    expect(copy).toEqual(own);
    expect(JSON.parse(copy['run.json']!).soak.forUs).toBe(20_000_000);
    expect(JSON.parse(copy['summary.json']!).run.status).toBe('complete');
    // By the id of the soak, every night goes from the server; what is here stays.
    const gone = await fleet.call('fleet', 'rm', id);
    expect({ code: gone.code, out: gone.out }).toEqual({
      code: 0,
      out: expect.stringMatching(new RegExp(`^${night}: [1-9]\\d* messages removed from the server\\n$`)),
    });
    expect((await fleet.call('fleet', 'pull', id)).out).toBe(pulled.out);
    const shown = (await fleet.call('results', 'show', night)).out;
    expect(shown).toMatch(/^ {2}a +site=leeds +complete/m);
    expect(shown).toMatch(/^refused by b: .* exceeds the rate that the policy allows, 1\/s$/m);
    const removed = await fleet.call('fleet', 'soak', 'remove', id);
    expect({ code: removed.code, out: removed.out.split('\n').sort() }).toEqual({
      code: 0,
      out: ['', 'a: removed', 'b: removed'],
    });
    expect((await fleet.call('fleet', 'soak', 'remove', id)).err).toContain('no probe keeps a soak');
  });

  it('goes on with its night after a kill, with no server there, and arrives as if nothing had been', async () => {
    const server = await fleet.up('a');
    const first = probeAt('a', AHEAD_MS);
    await fleet.present('a');
    const [id = ''] = (await install('--for', '40s')).out.split('\n');
    await fleet.says(first, ': accepted');
    await fleet.end(server, 'SIGTERM');
    // A lock is there before the folder is.
    const nights = (): string[] => fleet.runsOf('a').filter((name) => name.endsWith('quickstart'));
    await expect.poll(() => nights().length, { timeout: 60_000 }).toBe(1);
    await sleep(10_000);
    first.kill('SIGKILL');
    await once(first, 'exit');
    // The shim is of the first: its clock goes on.
    const second = fleet.probe('a', [], ['--require', join(fleet.dir, 'at-a.cjs')]);
    await fleet.says(second, ': complete');
    const [folder = ''] = fleet.runsOf('a');
    await fleet.up();
    await expect
      .poll(async () => (await fleet.call('fleet', 'pull', id)).out, { timeout: 60_000 })
      .toContain('1 of 1 probe complete');
    expect(fleet.runsOf('a')).toHaveLength(1);
    const { own, copy } = fleet.bothOf(
      'a',
      /^(\S+):/m.exec((await fleet.call('fleet', 'pull', id)).out)![1]!,
    );
    expect(copy).toEqual(own);
    const events = readFileSync(join(fleet.dir, 'a', folder, 'events.jsonl'), 'utf8');
    expect(events).toContain('"resumed"');
    expect(JSON.parse(copy['summary.json']!).run.status).toBe('complete');
  });

  it('is refused in words before anybody is asked, or by whoever may not', async () => {
    await fleet.up('a');
    fleet.probe('a');
    await fleet.present('a');
    const where = ['--proxy', '127.0.0.1:9', '--target', 'http://127.0.0.1:9/'];
    const sweep = await fleet.call(
      ...['fleet', 'soak', 'install', 'timewait-sweep', ...where, '--at', AT, '--for', '1h'],
    );
    expect(sweep.code).toBe(2);
    expect(sweep.err).toContain('cannot soak: arm sweep is a sweep, which lasts as long as its delays');
    fleet.writePolicy('a', `${POLICY}hours: ['03:00-05:00']\n`);
    const outside = await install('--for', '1m');
    expect(outside.code).toBe(5);
    expect(outside.out).toMatch(
      /^a: refused: it would send load from .* outside the hours that the policy allows/m,
    );
    expect(JSON.parse((await fleet.call('fleet', 'soak', 'ls', '--json')).out)).toEqual([]);
    expect((await install('--for', '25h')).err).toContain('a night lasts from 10 s to 23 h');
    expect((await install('--days', 'Fun')).code).toBe(2);
  });
});
