import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pinTo } from '../cpus.mjs';
import { median } from '../figures.mjs';
import { measure } from '../measure.mjs';
import { TOOLS } from '../tools.mjs';

const BROWSERS = 30;
const OBJECTS = 40;
const OBJECT_BYTES = 2_000;

/** Answers each request on a connection that it keeps, in as few steps as possible: it must not be the bottleneck. */
const SERVER = `
const answer = Buffer.from('HTTP/1.1 200 OK\\r\\nContent-Length: ${OBJECT_BYTES}\\r\\n\\r\\n' + 'x'.repeat(${OBJECT_BYTES}));
const server = require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', (data) => { if (data.includes('\\r\\n\\r\\n')) socket.write(answer); });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

const scenarioOf = (port, seconds) => `schema: 1
description: Browsers without a pause.
proxy: 127.0.0.1:${port}
target: http://127.0.0.1:${port}/page?n={nonce}
arms:
  class:
    via: proxy
    load:
      browsers: ${BROWSERS}
      for: ${seconds}s
      think: 0s
      page: { objects: ${OBJECTS}, paths: ["/{object}.png?n={nonce}"] }
`;

/** Browsers beside those of other builds (--beside): pages that one core plays in a second, without start-up. */
export const browsers = {
  name: 'browsers',
  about: `pages of ${OBJECTS} objects that browsers without a pause open for each second of CPU, start-up taken off`,
  better: 'more',
  async *measure({ quick, scratch, cpu, serverCpu, beside = [] }) {
    const rounds = quick ? 2 : 5;
    const contestants = [['rushhour', TOOLS.rushhour.find()], ...beside.map((path) => [path, path])];
    const turns = new Map(contestants.map(([name]) => [name, []]));
    const [command, ...args] = pinTo(serverCpu, [process.execPath, '-e', SERVER]);
    const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = await once(server.stdout, 'data');
      const files = { short: join(scratch, 'short.yaml'), long: join(scratch, 'long.yaml') };
      await writeFile(files.short, scenarioOf(Number(String(line)), 1));
      await writeFile(files.long, scenarioOf(Number(String(line)), quick ? 5 : 12));
      for (let round = 0; round < rounds; round += 1)
        for (const [name, path] of contestants)
          turns.get(name).push(await pagesPerCpuSec(path, files, { scratch, cpu }));
    } finally {
      server.kill();
    }
    const own = median(turns.get('rushhour'));
    for (const [name] of contestants) yield [`${name}, pages/s of CPU`, median(turns.get(name))];
    for (const [name] of contestants.slice(1)) yield [`rushhour x ${name}`, own / median(turns.get(name))];
  },
};

/** What a run of a few seconds more opens, for the CPU that it takes more. */
async function pagesPerCpuSec(path, files, where) {
  const [short, long] = [await run(path, files.short, where), await run(path, files.long, where)];
  return (long.pages - short.pages) / (long.cpuSec - short.cpuSec);
}

async function run(path, file, { scratch, cpu }) {
  const command = [path, 'run', file, '--workers', '1', '--results', scratch, '--json', '--quiet'];
  const { output, userUs, systemUs } = await measure(command, { cpu, scratch });
  const [arm] = Object.values(JSON.parse(output).arms);
  return { pages: arm.requests / OBJECTS, cpuSec: (userUs + systemUs) / 1e6 };
}
