import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

/** As a container's filter of system calls does. */
const FORBIDDEN = [
  ...['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=io_uring_setup'],
  ...['-e', 'inject=io_uring_setup:error=EPERM'],
];

suiteNeeding('the reactor of a hit', ['linux', 'nginx', 'strace', 'io_uring'], () => {
  let nginx: Nginx;
  let place: Workplace;
  const hit = (reactor: string): string[] => [
    ...['hit', `http://127.0.0.1:${nginx.port}/`, '-n', '2000', '-c', '50', '--reactor', reactor],
  ];
  beforeAll(async () => {
    nginx = await startNginx();
    place = makeWorkplace();
  });
  afterAll(async () => {
    await nginx.stop();
    await place.clean();
  });

  it.each([
    ['epoll', 'epoll'],
    ['auto', 'epoll'],
    ['io_uring', 'io_uring'],
  ])('is recorded, whichever it is (%s), and loses nothing', async (asked, used) => {
    const before = (await nginx.requests()).length;
    const summary = await place.measure(hit(asked));
    expect(summary.code).toBe(0);
    expect(summary.run).toMatchObject({ engine: 'raw', reactor: used });
    const info = JSON.parse(await readFile(join(place.results, summary.run.id, 'run.json'), 'utf8'));
    expect(info.reactor).toBe(used);
    expect(summary.arms['hit']).toMatchObject({ completed: 2000, outcomes: { ok: 2000 } });
    expect((await nginx.requests()).length - before).toBe(2000);
  });

  it('is epoll where the kernel forbids io_uring, without a word', async () => {
    const { code, stdout } = await place.run([...hit('auto'), '-n', '5', '--json'], FORBIDDEN);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).run.reactor).toBe('epoll');
  });

  it('cannot be forced there: the run does not begin, and says why', async () => {
    const { code, stderr } = await place.run(hit('io_uring'), FORBIDDEN);
    expect(code).toBe(5);
    expect(stderr).toMatch(/io_uring cannot be used here: .+\.\n.*--reactor epoll/);
  });
});
