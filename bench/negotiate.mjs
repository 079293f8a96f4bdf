/**
 * What Negotiate costs: tokens a second of one core, made by rushhour and by the `kerberos` package called back to back;
 * and connections a second through one Squid with Negotiate and without.
 *
 *     npm run build && node bench/negotiate.mjs [tokens, default 20000] [connections, default 5000]
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICE, startRealm } from './realm.mjs';

process.env.UV_THREADPOOL_SIZE ||= '20';
const [tokens = 20_000, connections = 5_000] = process.argv.slice(2).map(Number);
const ROUNDS = 5;
const RESULTS = mkdtempSync(join(tmpdir(), 'rushhour-bench-'));
const LAUNCHER = fileURLToPath(new URL('../bin/rushhour', import.meta.url));

/** @returns {Promise<{perSec: number, perCoreSec: number}>} */
async function measure(count, make) {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await make(count);
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSec: count / ((performance.now() - startedAt) / 1e3),
    perCoreSec: count / ((user + system) / 1e6),
  };
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

async function compareTokens() {
  const { loadKerberos } = await import('../dist/engine/auth/kerberos.js');
  const { Minter } = await import('../dist/engine/auth/minter.js');
  const { TICKET_CACHE } = await import('../dist/engine/auth/identity.js');
  const kerberos = await loadKerberos();
  const minter = new Minter(kerberos);
  const ways = {
    'kerberos, back to back': async (count) => {
      for (let made = 0; made < count; made += 1) {
        const client = await kerberos.initializeClient(SERVICE, { mechOID: kerberos.GSS_MECH_OID_SPNEGO });
        await client.step('');
      }
    },
    'rushhour, 16 at once': async (count) => {
      let left = count;
      const work = async () => {
        while (left-- > 0) await minter.mint(TICKET_CACHE, SERVICE);
      };
      await Promise.all(Array.from({ length: 16 }, work));
    },
  };
  const rounds = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (const make of Object.values(ways)) await make(200);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [name, make] of Object.entries(ways)) rounds[name].push(await measure(tokens / ROUNDS, make));
  await minter.close();
  const medians = Object.entries(rounds).map(([name, turns]) => ({
    name,
    perSec: median(turns.map(({ perSec }) => perSec)),
    perCoreSec: median(turns.map(({ perCoreSec }) => perCoreSec)),
  }));
  for (const { name, perSec, perCoreSec } of medians)
    console.log(`${name}: ${Math.round(perSec)} tokens/s, ${Math.round(perCoreSec)} a second of one core`);
  const [plain, own] = medians;
  console.log(
    `ratio for each core: ${(own.perCoreSec / plain.perCoreSec).toFixed(2)}, by the clock: ${(own.perSec / plain.perSec).toFixed(2)}`,
  );
}

async function compareConnections({ openPort, guardedPort }) {
  const origin = createServer((_request, response) => response.end('ok\n')).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const url = `http://127.0.0.1:${origin.address().port}/`;
  const hit = (port, flags) =>
    new Promise((resolve, reject) => {
      const args = [LAUNCHER, 'hit', url, '-x', `127.0.0.1:${port}`, '-n', connections, '-c', 32, ...flags];
      execFile(
        process.execPath,
        [...args, '--json', '--quiet', '--results', RESULTS].map(String),
        { maxBuffer: 1 << 26 },
        (error, stdout) => {
          if (!stdout.startsWith('{')) return reject(error);
          const { hit } = JSON.parse(stdout).arms;
          if (hit.outcomes.ok !== connections) reject(new Error(`outcomes ${JSON.stringify(hit.outcomes)}`));
          else resolve(hit);
        },
      );
    });
  const negotiate = ['--proxy-negotiate', '--service', SERVICE];
  const ways = {
    without: () => hit(openPort, []),
    'Negotiate, pre-emptive': () => hit(guardedPort, negotiate),
    'Negotiate, challenged': () => hit(guardedPort, [...negotiate, '--challenge']),
  };
  const rounds = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < 3; round += 1)
    for (const [name, run] of Object.entries(ways)) rounds[name].push(await run());
  const plain = median(rounds.without.map(({ achievedPerSec }) => achievedPerSec));
  for (const [name, turns] of Object.entries(rounds)) {
    const perSec = median(turns.map(({ achievedPerSec }) => achievedPerSec));
    const mint = turns.at(-1).tokens?.mintUs;
    console.log(
      `${name}: ${Math.round(perSec)} connections/s (${(perSec / plain).toFixed(2)})${mint ? `, a token took ${mint.p50} us (p99 ${mint.p99} us)` : ''}`,
    );
  }
  origin.close();
}

const realm = await startRealm();
Object.assign(process.env, realm.env);
try {
  await compareTokens();
  await compareConnections(realm);
} finally {
  await realm.stop();
  rmSync(RESULTS, { recursive: true, force: true });
}
