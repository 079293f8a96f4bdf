import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { scriptPath, writeCronScript, writeCronTable } from '../../src/service/cron.ts';
import { findTool, suiteNeeding } from '../support/suite-needing.ts';
import { nightOf, planOf } from './plans.ts';

/** Of the tz database: what a process reads that is given a zone. */
const ZONE = 'Europe/London';

suiteNeeding('a night under cron itself', ['linux', 'root', 'unshare', 'cron', 'faketime'], () => {
  /**
   * Runs cron in namespaces of its own, where it finds the table of a night at 01:30 alone, and a clock that goes faster.
   * @param from local time at which it starts
   * @param rate of its clock
   * @param until the minute of any hour that ends it, once it has come so often
   * @returns what was started, in order
   */
  async function watchCron(from: string, rate: number, until: { minute: number; times: number }) {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-cron-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const at = (name: string) => join(dir, name);
    for (const name of ['cron.d', 'spool', 'run']) mkdirSync(at(name));
    writeFileSync(at('crontab'), '');
    writeFileSync(at('main'), `echo night >>${at('started')}\n`);
    const plan = planOf({
      night: nightOf({ results: dir, user: 'root' }),
      program: { node: '/bin/sh', main: at('main') },
    });
    writeFileSync(at('script'), writeCronScript(plan));
    for (const name of ['main', 'script']) chmodSync(at(name), 0o755);
    const table = writeCronTable(plan).replaceAll(scriptPath('steady'), at('script'));
    // Hours that are left open follow the clock on the wall, whatever it does (cron(8)).
    const mark = `${until.minute} * * * * root echo mark >>${at('started')}\n`;
    writeFileSync(at('cron.d/rushhour-steady'), table.replace(/^@reboot .*\n/m, '') + mark);
    const lib = ['x86_64-linux-gnu', 'aarch64-linux-gnu', 'arm-linux-gnueabihf']
      .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
      .find(existsSync);
    const inside = `mount --bind ${at('cron.d')} /etc/cron.d
mount --bind ${at('crontab')} /etc/crontab
mount --bind ${at('spool')} /var/spool/cron
mount --bind ${at('run')} /run
mkdir ${at('spool')}/crontabs
export TZ=${ZONE} LD_PRELOAD=${lib} FAKETIME='@${from} x${rate}'
exec ${findTool('cron')} -f`;
    const cron = spawn(
      'unshare',
      ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', 'sh', '-ec', inside],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
    );
    const ended = new Promise((resolve) => cron.on('close', resolve));
    const started = (): string[] =>
      existsSync(at('started')) ? readFileSync(at('started'), 'utf8').trim().split('\n') : [];
    try {
      for (let look = 0; look < 600 && cron.exitCode === null; look += 1) {
        if (started().filter((word) => word === 'mark').length >= until.times) break;
        await sleep(100);
      }
    } finally {
      cron.kill('SIGKILL');
      await ended;
    }
    return started();
  }

  it('begins soon after the gap that it would have begun in', async () => {
    const started = await watchCron('2027-03-28 00:59:10', 60, { minute: 3, times: 1 });
    expect(started.sort()).toEqual(['mark', 'night']);
  });

  it('begins once where its time comes twice', async () => {
    // Four minutes take a quarter of a second: the mark may overtake the night, and a second night would come before the third.
    const started = await watchCron('2027-10-31 00:58:30', 1_000, { minute: 34, times: 3 });
    expect(started.filter((word) => word === 'night')).toHaveLength(1);
    expect(started.indexOf('night')).toBeLessThan(2);
  });
});
