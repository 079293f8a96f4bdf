import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pinTo } from '../cpus.mjs';
import { median } from '../figures.mjs';
import { measure } from '../measure.mjs';
import { TOOLS } from '../tools.mjs';

const OBJECTS = 40;
const OBJECT_BYTES = 2_000;

/** What is played, and what of it counts as the far end's own time. */
const LOADS = {
  /** As many pages as one core carries. */
  'without a pause': { browsers: 30, thinkSec: 0 },
  /** A school: a page every two seconds each, of which loading it takes little. */
  '300 browsers at 30 pages a minute': { browsers: 300, thinkSec: 2 },
};

/** As Squid 5.7 says it of a PNG that it has fetched. */
const HEAD = [
  'HTTP/1.1 200 OK',
  'Content-Type: image/png',
  'Cache-Control: no-store',
  'Date: Sun, 29 Nov 2026 20:00:00 GMT',
  'X-Cache: MISS from proxy',
  'X-Cache-Lookup: MISS from proxy:3128',
  'Via: 1.1 proxy (squid/5.7)',
  'Connection: keep-alive',
  '',
].join('\\r\\n');

/** Answers each request on a connection that it keeps, in as few steps as possible: it must not be the bottleneck. */
const SERVER = `
const answer = Buffer.from('${HEAD}Content-Length: ${OBJECT_BYTES}\\r\\n\\r\\n' + 'x'.repeat(${OBJECT_BYTES}));
const server = require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', (data) => { if (data.includes('\\r\\n\\r\\n')) socket.write(answer); });
});
server.listen(0, '127.0.0.1', 4096, () => console.log(server.address().port));`;

const scenarioOf = (port, { browsers, thinkSec }, seconds) => `schema: 1
description: Browsers.
proxy: 127.0.0.1:${port}
target: http://127.0.0.1:${port}/page?n={nonce}
arms:
  class:
    via: proxy
    load:
      browsers: ${browsers}
      ${thinkSec === 0 ? '' : 'ramp: 1s'}
      for: ${seconds}s
      think: ${thinkSec}s
      page: { objects: ${OBJECTS}, paths: ["/{object}.png?n={nonce}"] }
`;

/** Browsers beside those of other builds (--beside): pages that one core plays in a second, without start-up. */
export const browsers = {
  name: 'browsers',
  about: `pages of ${OBJECTS} objects that browsers open for each second of CPU, start-up taken off`,
  better: 'more',
  async *measure({ quick, scratch, cpu, serverCpu, beside = [] }) {
    // With --repeat 1 and one other build, three minutes on a quiet machine: sections.mjs has three turns of each by itself.
    const rounds = quick ? 1 : 3;
    const contestants = [['rushhour', TOOLS.rushhour.find()], ...beside.map((path) => [path, path])];
    const [command, ...args] = pinTo(serverCpu, [process.execPath, '-e', SERVER]);
    const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = await once(server.stdout, 'data');
      const port = Number(String(line));
      for (const [name, load] of Object.entries(LOADS)) {
        const files = { short: join(scratch, 'short.yaml'), long: join(scratch, 'long.yaml') };
        await writeFile(files.short, scenarioOf(port, load, 3));
        await writeFile(files.long, scenarioOf(port, load, quick ? 6 : 9));
        const turns = new Map(contestants.map(([contestant]) => [contestant, []]));
        for (let round = 0; round < rounds; round += 1)
          for (const [contestant, path] of contestants)
            turns.get(contestant).push(await pagesPerCpuSec(path, files, { scratch, cpu }));
        for (const [contestant, all] of turns) yield [`${name}: ${contestant}, pages/s of CPU`, median(all)];
        const [own, ...others] = turns.values();
        for (const [index, all] of others.entries()) {
          const ratios = own.map((value, round) => value / all[round]);
          yield [`${name}: rushhour x ${contestants[index + 1][0]}`, median(ratios)];
        }
      }
    } finally {
      server.kill();
    }
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
