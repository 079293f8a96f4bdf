import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

/** Nanoseconds on a processor: of the first thread, and of all others together. */
function readThreads(pid: number): { main: number; others: number } {
  const spent = (id: number): number =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]);
  const ids = readdirSync(`/proc/${pid}/task`).map(Number);
  const others = ids.filter((id) => id !== pid).reduce((sum, id) => sum + spent(id), 0);
  return { main: spent(pid), others };
}

suiteNeeding('the main thread', ['linux', '/proc/self/schedstat'], () => {
  it('takes a small part of what two workers take at 1,500/s', async () => {
    const place = makeWorkplace();
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    await new Promise<void>((resolve) =>
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, resolve),
    );
    const { port } = server.address() as { port: number };
    try {
      const url = `http://127.0.0.1:${port}/`;
      // Reading packets beside the load has a cost of its own, for each of them.
      const load = ['--rate', '1500', '-t', '6', '--workers', '2', '--capture', 'off'];
      const flags = [...load, '--results', place.results];
      const run = place.start(['hit', url, ...flags]);
      // While code is compiled the main thread has its share of that.
      await place.recorded(2);
      const before = readThreads(run.child.pid!);
      await place.recorded(5);
      const after = readThreads(run.child.pid!);
      run.child.kill('SIGINT');
      await run.finished;
      const main = after.main - before.main;
      expect(main).toBeGreaterThan(0);
      // 1 to 8 % is usual: what it does a second is done for frames, not for attempts.
      expect(main / (after.others - before.others)).toBeLessThan(0.15);
    } finally {
      server.close();
      await place.clean();
    }
  });
});
