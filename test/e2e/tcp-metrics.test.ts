import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { holdTcpMetrics } from '../../src/session/load/tcp-metrics.ts';
import { withPair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const SETTING = '/proc/sys/net/ipv4/tcp_no_metrics_save';
const READ_ONLY = 'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys';

/** run.json of the only run. */
async function readInfo({ results }: Workplace): Promise<unknown> {
  const [id = ''] = await readdir(results);
  return JSON.parse(await readFile(join(results, id, 'run.json'), 'utf8'));
}

it('is left alone on loopback', async () => {
  expect(await holdTcpMetrics(['127.0.0.1', '::1', '127.8.8.8'])).toBeUndefined();
});

suiteNeeding(
  'what a system learns of destinations',
  ['linux', 'root', 'netns', 'ip', 'setpriv', 'unshare'],
  () => {
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
          expect(await readInfo(place)).toMatchObject({ tcpMetrics: 'held' });

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

    it.each([
      // root may still write the setting, but not delete what was learnt.
      ['without CAP_NET_ADMIN', ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin']],
      // As containers have it.
      ['with settings that are read-only', ['unshare', '-m', 'sh', '-c', `${READ_ONLY}; exec "$@"`, 'sh']],
    ])('is recorded and said where it stays: %s', async (_what, limited) => {
      const place = makeWorkplace();
      try {
        await withPair(async ({ near, far, farAddress }) => {
          const { origin } = await far.startFarEnd(farAddress);
          const prefix = ['ip', 'netns', 'exec', near.name, ...limited];
          const hit = ['hit', `http://${farAddress}:${origin.port}/`, '--results', place.results, '-n', '2'];
          const { code, stderr } = await place.start(hit, prefix).finished;
          expect(stderr).toContain(
            'the kernel reuses what earlier connections learnt about these destinations',
          );
          expect(code).toBe(0);
          expect(await readInfo(place)).toMatchObject({ tcpMetrics: 'as-found' });
          expect((await near.run('cat', SETTING)).trim()).toBe('0');
        });
      } finally {
        await place.clean();
      }
    });
  },
);
