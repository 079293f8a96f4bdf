import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withNamespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';

suiteNeeding('doctor --fix', ['linux', 'root', 'netns', 'ip', 'mount'], () => {
  it('sets and puts back a namespace’s settings, and names what is read-only', async () => {
    const place = makeWorkplace();
    try {
      await withNamespace(async (namespace) => {
        const range = async (): Promise<string> => (await namespace.run('cat', RANGE)).trim();
        const doctor = (flags: string[], before = '') => {
          const inside = [
            'ip',
            'netns',
            'exec',
            namespace.name,
            'env',
            `XDG_STATE_HOME=${join(place.dir, 'state')}`,
          ];
          return place.run(['doctor', ...flags], [...inside, 'sh', '-c', `${before} exec "$@"`, 'sh']);
        };
        await namespace.run('sh', '-c', `echo 40000 50000 > ${RANGE}`);

        const alone = await doctor(['--fix']);
        expect([alone.code, await range()]).toEqual([2, '40000\t50000']);

        const barred = await doctor(['--fix', '--yes'], 'mount --bind -o ro /proc/sys /proc/sys;');
        expect([barred.code, await range()]).toEqual([5, '40000\t50000']);
        expect(barred.stdout).toContain('not set to 1024 65535: /proc/sys is read-only here');

        const fixed = await doctor(['--fix', '--yes', '--json']);
        expect([fixed.code, await range()]).toEqual([0, '1024\t65535']);
        expect(JSON.parse(fixed.stdout).outcomes).toContainEqual({
          name: 'net.ipv4.ip_local_port_range',
          from: '40000 50000',
          to: '1024 65535',
        });

        const undone = await doctor(['--undo', '--yes']);
        expect([undone.code, await range()]).toEqual([0, '40000\t50000']);
      });
    } finally {
      await place.clean();
    }
  });
});
