import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import type { AttemptRecord } from '../../../src/engine/types.ts';
import { describeWithEachSockets, populate } from './population.ts';

/** Answers at once, in a thread of its own. */
const SERVER = `
const { parentPort } = require('node:worker_threads');
const server = require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.on('data', () => socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi'));
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

async function startInThread(): Promise<{ readonly host: string; readonly port: number }> {
  const worker = new Worker(SERVER.replaceAll('\\\\', '\\'), { eval: true });
  onTestFinished(() => void worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  return { host: '127.0.0.1', port };
}

/** Longer than the answer and the handshake take. */
const BUSY_MS = 100;

function keepBusy(): void {
  const until = performance.now() + BUSY_MS;
  while (performance.now() < until);
}

describeWithEachSockets('a busy thread', () => {
  it('asks for an object on a connection that was established while others kept the thread busy', async () => {
    const peer = await startInThread();
    const { add, engine, pages, records, settled, told } = populate(peer, { objects: 3 });
    const { push } = told.objects;
    // The document has come: of the other two, one has its connection, and the other's is being opened.
    told.objects.push = (...taken) => {
      told.objects.push = push;
      setImmediate(keepBusy);
      return push.apply(told.objects, taken);
    };
    add().open(performance.now() * 1_000);
    await pages(1);
    engine.release();
    await settled(2);
    expect(told.objects).toHaveLength(3);
    expect(records.map(({ respondedAtUs }) => respondedAtUs > 0)).toEqual([true, true]);
  });
});

describeWithEachSockets('a busy machine', () => {
  it('counts what this machine takes for connect() as part of a handshake', async () => {
    const peer = await startInThread();
    const { add, engine, pages, records, settled } = populate(peer, { objects: 1, afterConnect: keepBusy });
    add().open(performance.now() * 1_000);
    await pages(1);
    engine.release();
    await settled(1);
    const [{ startedAtUs, establishedAtUs }] = records as [AttemptRecord];
    expect(establishedAtUs - startedAtUs).toBeGreaterThanOrEqual(BUSY_MS * 1_000);
  });
}, ['descriptors']);
