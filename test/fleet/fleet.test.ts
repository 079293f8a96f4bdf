import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectWhole } from './expect-whole.ts';
import { FleetOfCommands, secondsOf } from './fleet-of-commands.ts';

suiteNeeding('a fleet', ['nats-server'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({ a: 'labels: { site: leeds }\n', b: 'labels: { site: york }\n' });
  });
  afterEach(() => fleet.close());

  it('runs a scenario at the same second from those that are selected, and has their folders byte for byte', async () => {
    await fleet.up('a', 'b');
    fleet.probe('a');
    fleet.probe('b');
    await fleet.present('a', 'b');
    const { code, out } = await fleet.call(
      'fleet',
      'run',
      'quickstart',
      '--rate-total',
      '100',
      '-t',
      '2s',
      '--json',
    );
    const run = JSON.parse(out);
    expectWhole({ code, out });
    expect(run.parts.map(({ probe: id }: { probe: string }) => id)).toEqual(['a', 'b']);
    const firsts: string[] = [];
    for (const { probe: id, skewMs, summary, copy } of run.parts) {
      const { own, copy: copied } = fleet.bothOf(id, run.id);
      expect(copied).toEqual(own);
      expect(copy).toEqual({ hasEnded: true, missing: [], differing: [] });
      expect(skewMs).toEqual(expect.any(Number));
      firsts.push(JSON.parse(own['run.json']!).startedAt);
      expect(summary.run.status).toBe('complete');
    }
    // They have one clock here: second 0 is the same but for what an exchange takes.
    expect(Math.abs(Date.parse(firsts[0]!) - Date.parse(firsts[1]!))).toBeLessThan(1_000);
    const only = await fleet.call(
      'fleet',
      'run',
      'quickstart',
      '--on',
      'site=york',
      '--rate',
      '500',
      '-t',
      '2s',
    );
    expect(only.code).toBe(5);
    expect(only.out).toMatch(/^ {2}b +site=york +refused$/m);
    expect(only.out).toMatch(
      /^refused by b: \d+(\.\d+)?\/s exceeds the rate that the policy allows, 200\/s\n(refused by b: .*\n)*To allow it, .*\n {2}rate: 5\d\d\/s$/m,
    );
    expect((await fleet.call('fleet', 'run', 'quickstart', '--on', 'site=hull')).err).toContain(
      '--on: no probe has site="hull"',
    );
  });

  it('begins together with a probe whose clock was set by an hour while it ran', async () => {
    // As it is set: the time since the process began goes on as before.
    const shim = join(fleet.dir, 'set.cjs');
    writeFileSync(shim, 'const { now } = Date; Date.now = () => now() + 3_600_000;');
    await fleet.up('a', 'b');
    fleet.probe('a');
    fleet.probe('b', [], ['--require', shim]);
    await fleet.present('a', 'b');
    const { code, out } = await fleet.call(
      'fleet',
      'run',
      'quickstart',
      '--rate',
      '50',
      '-t',
      '2s',
      '--json',
    );
    expectWhole({ code, out });
    const [{ offset, skewMs }, { offset: setOffset, skewMs: setSkewMs }] = JSON.parse(out).parts;
    expect(Math.abs(setOffset.offsetMs - offset.offsetMs - 3_600_000)).toBeLessThan(1_000);
    expect([Math.abs(skewMs), Math.abs(setSkewMs)].every((ms) => ms < 1_000)).toBe(true);
  });

  it('loses and doubles no second of a run whose server is killed, and the run ends as planned', async () => {
    const server = await fleet.up('a');
    fleet.probe('a');
    await fleet.present('a');
    const running = fleet.start(['fleet', 'run', 'quickstart', '--rate', '50', '-t', '8s']);
    await fleet.says(running, 'a: started');
    const [, id = ''] = /(\S+): ordered/.exec(fleet.said(running).err) ?? [];
    // nats-server goes with its parent's end of the pipe, or is killed first.
    const conf = join(fleet.dir, 'fleet/nats-server.conf');
    const pids = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(conf);
      } catch {
        return false;
      }
    });
    expect(pids).toHaveLength(1);
    process.kill(Number(pids[0]), 'SIGKILL');
    await once(server, 'exit');
    // The run is over before there is a server again.
    const own = (): string => fleet.runsOf('a')[0] ?? '';
    await expect
      .poll(() => JSON.parse(readFileSync(join(fleet.dir, 'a', own(), 'run.json'), 'utf8')).status, {
        timeout: 60_000,
      })
      .toBe('complete');
    // Longer than anybody tries who gives up at all.
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    expect(running.exitCode).toBeNull();
    await fleet.up();
    await once(running, 'close');
    expect(fleet.said(running).err).toMatch(
      /the server is away: it is tried again.*the server is there again/s,
    );
    const pulled = await fleet.call('fleet', 'pull', id);
    for (const { out, code } of [{ ...fleet.said(running), code: running.exitCode }, pulled]) {
      expect(out).toMatch(/^ {2}a +site=leeds +complete /m);
      expectWhole({ code, out });
    }
    const both = fleet.bothOf('a', id);
    expect(both.copy).toEqual(both.own);
    const seconds = secondsOf(both.copy);
    expect(seconds).toEqual(seconds.map((_, second) => second));
    expect(seconds.length).toBeGreaterThan(8);
  });

  it('tells what a probe recorded until it was killed, and does not run the order again', async () => {
    await fleet.up('a');
    const first = fleet.probe('a');
    await fleet.present('a');
    const running = fleet.start(['fleet', 'run', 'quickstart', '--rate', '50', '-t', '20s']);
    await fleet.says(running, 'a: started');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await fleet.end(first, 'SIGKILL');
    fleet.probe('a');
    const [code] = await once(running, 'close');
    const { out, err } = fleet.said(running);
    expect(err).toContain('a: interrupted (the probe was restarted while the run was in progress)');
    expect(code).toBe(5);
    const [id = ''] = out.split('\n');
    expect(fleet.runsOf('a')).toHaveLength(1);
    const both = fleet.bothOf('a', id);
    expect(both.copy).toEqual(both.own);
    expect(secondsOf(both.copy).length).toBeGreaterThan(0);
  });

  it('stops a run everywhere at Ctrl-C', async () => {
    await fleet.up('a');
    fleet.probe('a');
    await fleet.present('a');
    mkdirSync(join(fleet.dir, 'results'));
    const running = fleet.start(['fleet', 'run', 'quickstart', '--rate', '50', '-t', '60s']);
    await fleet.says(running, 'a: started');
    running.kill('SIGINT');
    await once(running, 'close');
    expect(running.exitCode).toBe(130);
    const { out } = fleet.said(running);
    expect(out).toMatch(/^ {2}a +site=leeds +interrupted /m);
    const both = fleet.bothOf('a', out.split('\n')[0]!);
    expect(both.copy).toEqual(both.own);
    expect(secondsOf(both.own).length).toBeLessThan(30);
  });
});
