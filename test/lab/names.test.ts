import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import type { HostPort } from '../../src/scenario/types.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { makeNamespace, type Namespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

suiteNeeding('a name with A and AAAA records', ['linux', 'root', 'netns', 'ip'], () => {
  let namespace: Namespace;
  let origin: HostPort;
  let results: string;
  const undo: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const made = await makeNamespace();
    undo.push(made.remove);
    namespace = made.namespace;
    // ip-netns(8) puts these files in place of those in /etc, for what it starts.
    const etc = `/etc/netns/${namespace.name}`;
    undo.push(() => rm(etc, { recursive: true, force: true }));
    await mkdir(etc, { recursive: true });
    await writeFile(
      join(etc, 'hosts'),
      '127.0.0.1 both.test dead.test\nfd77::2 both.test\n127.0.0.9 dead.test\n',
    );
    await writeFile(join(etc, 'resolv.conf'), '');
    results = `/tmp/${namespace.name}-results`;
    undo.push(() => rm(results, { recursive: true, force: true }));
    ({ origin } = await namespace.startFarEnd('127.0.0.1'));
  });
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  const hit = async (host: string, ...flags: string[]): Promise<Summary['arms'][string]> => {
    const url = `http://${host}:${origin.port}/`;
    const common = ['-n', '20', '-c', '4', '--json', '--quiet', '--results', results];
    const text = await namespace.run(process.execPath, MAIN, 'hit', url, ...common, ...flags);
    const { arms }: Summary = JSON.parse(text);
    return arms['hit']!;
  };

  it.each(SOCKET_ENGINES)('loses nothing on a machine without IPv6 (%s engine)', async (engine) => {
    await namespace.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
    const { outcomes, endpoints } = await hit('both.test', '--engine', engine);
    expect(outcomes).toEqual({ ok: 20 });
    expect(Object.keys(endpoints)).toEqual([`127.0.0.1:${origin.port}`]);
  });

  it('goes to the first address that answers, where asked to', async () => {
    const { outcomes } = await hit('dead.test', '--addresses', 'first', '--prefer', '4');
    expect(outcomes).toEqual({ ok: 20 });
  });
});
