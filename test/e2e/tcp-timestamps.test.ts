import { chmod } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { type Namespace, withNamespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

/** Lasts until it is ended, and is no load: what it sets is looked at, not what it sends. */
const LONG = ['-t', '60', '--rate', '10'];

const SETTING = '/proc/sys/net/ipv4/tcp_timestamps';

suiteNeeding('--tcp-timestamps', ['linux', 'root', 'netns', 'ip', 'setpriv'], () => {
  const settingIn = async (namespace: Namespace): Promise<string> =>
    (await namespace.run('cat', SETTING)).trim();

  /** The watcher acts when this program has ended, and so a moment later. */
  const becomes = async (namespace: Namespace, value: string): Promise<boolean> => {
    for (let tries = 0; tries < 100; tries += 1) {
      if ((await settingIn(namespace)) === value) return true;
      await sleep(50);
    }
    return false;
  };

  const inside = async (
    use: (place: ReturnType<typeof makeWorkplace>, namespace: Namespace, prefix: string[]) => Promise<void>,
  ): Promise<void> => {
    const place = makeWorkplace();
    try {
      await withNamespace((namespace) => use(place, namespace, ['ip', 'netns', 'exec', namespace.name]));
    } finally {
      await place.clean();
    }
  };

  it('off holds for the run, as its host facts say, and is put back', () =>
    inside(async (place, namespace, prefix) => {
      await namespace.run('sh', '-c', `echo 2 > ${SETTING}`);
      const { origin } = await namespace.startFarEnd('127.0.0.1');
      const url = `http://127.0.0.1:${origin.port}/`;
      const args = ['hit', url, '-n', '100', '--rate', '100', '--tcp-timestamps', 'off'];
      const run = place.start([...args, '--results', place.results], prefix);
      await run.until(/About to connect/);
      expect(await settingIn(namespace)).toBe('0');
      expect([EXIT.ok, EXIT.generatorLimited]).toContain((await run.finished).code);
      expect(await settingIn(namespace)).toBe('2');
    }));

  it('off is put back where the program is killed', () =>
    inside(async (place, namespace, prefix) => {
      const { origin } = await namespace.startFarEnd('127.0.0.1');
      const url = `http://127.0.0.1:${origin.port}/`;
      const run = place.start(['hit', url, ...LONG, '--tcp-timestamps', 'off'], prefix);
      await run.until(/About to connect/);
      expect(await settingIn(namespace)).toBe('0');
      run.child.kill('SIGKILL');
      await run.finished;
      expect(await becomes(namespace, '1')).toBe(true);
    }));

  it.each([
    ['off', 'off'],
    ['off', 'on'],
    ['on', 'off'],
  ])('%s keeps another run from setting them %s until it has ended', (first, second) =>
    inside(async (place, namespace, prefix) => {
      const { origin } = await namespace.startFarEnd('127.0.0.1');
      const hit = ['hit', `http://127.0.0.1:${origin.port}/`, '--results', place.results];
      const run = place.start([...hit, ...LONG, '--tcp-timestamps', first], prefix);
      await run.until(/About to connect/);
      const during = await settingIn(namespace);
      const refused = await place.run([...hit, '-n', '1', '--tcp-timestamps', second], prefix);
      expect(refused.stderr).toContain('another run in this network namespace');
      expect(refused.code).toBe(5);
      expect(await settingIn(namespace)).toBe(during);
      run.child.kill('SIGINT');
      expect((await run.finished).code).toBe(130);
      expect(await settingIn(namespace)).toBe('1');
      const after = await place.run([...hit, '-n', '1', '--tcp-timestamps', second], prefix);
      expect(after.code).toBe(0);
      expect(await settingIn(namespace)).toBe('1');
    }));

  it('is refused where it takes root, with the remedy, and changes nothing', () =>
    inside(async (place, namespace, prefix) => {
      const { origin } = await namespace.startFarEnd('127.0.0.1');
      // A folder for whoever it will be run as.
      await chmod(place.dir, 0o777);
      const { code, stderr } = await place.run(
        ['hit', `http://127.0.0.1:${origin.port}/`, '--tcp-timestamps', 'off', '--results', place.results],
        [
          ...prefix,
          'setpriv',
          '--reuid',
          '65534',
          '--clear-groups',
          '--inh-caps=-all',
          '--bounding-set=-all',
        ],
      );
      expect(stderr).toContain('TCP timestamps cannot be switched off');
      expect(stderr).toContain('sysctl -w net.ipv4.tcp_timestamps=0');
      expect(code).toBe(5);
      expect(await settingIn(namespace)).toBe('1');
    }));
});
