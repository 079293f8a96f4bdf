import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { sinkingStart } from '../../src/cli/sinking-start.ts';
import type { RunHandle, RunListener, RunOptions } from '../../src/session/types.ts';
import { recordSeconds } from '../sinks/seconds.ts';
import { makeFolder } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';

const OPTIONS = { scenario: { name: 'steady' }, label: '' } as unknown as RunOptions;

it('a probe’s run goes to its sinks as well, with the site that its policy names by then, and ends once they have it', async () => {
  const received: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    received.push(String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body));
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const heard: string[] = [];
  const plan = { id: 'run-1', engine: 'raw' } as unknown as RunHandle['plan'];
  const start = sinkingStart(
    async (_, listener) => {
      listener.planned?.(plan);
      for (const recorded of recordSeconds(7)) listener.second?.(recorded);
      return { plan, stop() {}, sinkAway: () => () => {}, finished: Promise.resolve({} as never) };
    },
    {
      host: createFakeHost({}),
      flags: { sink: [`influxdb://127.0.0.1:${port}/rushhour`] },
      ...{ results: makeFolder(), say: (line: string) => heard.push(line), readSite: async () => 'leeds' },
    },
  );
  const planned: string[] = [];
  const listener: RunListener = { planned: ({ id }) => planned.push(id) };
  const handle = await start(OPTIONS, listener);
  await handle.finished;
  expect(planned).toEqual(['run-1']);
  expect(heard).toEqual([]);
  const lines = received
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('rushhour_run,'));
  expect(lines).toHaveLength(7);
  for (const line of lines) expect(line).toMatch(/,run=run-1,.*,site=leeds /);
});
