import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holdTcpMetrics } from '../../src/session/load/tcp-metrics.ts';
import { withPair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

const SETTING = '/proc/sys/net/ipv4/tcp_no_metrics_save';

it('is left alone on loopback', async () => {
  expect(await holdTcpMetrics(['127.0.0.1', '::1', '127.8.8.8'])).toBeUndefined();
});

suiteNeeding('what a system learns of destinations', ['linux', 'root', 'netns', 'ip'], () => {
  it('is dropped before a run, kept by none, and the setting is put back', async () => {
    const place = makeWorkplace();
    try {
      await withPair(async ({ near, far, farAddress }) => {
        const { origin } = await far.startFarEnd(farAddress);
        const prefix = ['ip', 'netns', 'exec', near.name];
        const setting = async () => (await near.run('cat', SETTING)).trim();
        const known = () => near.run('ip', 'tcp_metrics', 'show', farAddress).catch(() => '');
        const hit = ['hit', `http://${farAddress}:${origin.port}/`, '--results', place.results];
        // As the system has it from connections before, of any program.
        const fetch = `fetch('http://${farAddress}:${origin.port}/').then((r) => r.text()).then(() => process.exit())`;
        await near.run(process.execPath, '-e', fetch);
        expect(await setting()).toBe('0');
        expect(await known()).toContain(farAddress);

        const run = place.start([...hit, '-n', '20', '--rate', '20'], prefix);
        await run.until(/About to connect/);
        expect(await setting()).toBe('1');
        expect((await run.finished).stderr).not.toContain('tcp_metrics');
        expect(await setting()).toBe('0');
        expect(await known()).not.toContain('rtt');
        const [id = ''] = await readdir(place.results);
        const info = JSON.parse(await readFile(join(place.results, id, 'run.json'), 'utf8')) as object;
        expect(info).toMatchObject({ tcpMetrics: 'held' });

        const killed = place.start([...hit, '-t', '60', '--rate', '10'], prefix);
        await killed.until(/About to connect/);
        killed.child.kill('SIGKILL');
        await killed.finished;
        await expect.poll(setting, { timeout: 20_000 }).toBe('0');
      });
    } finally {
      await place.clean();
    }
  });
});
