/**
 * Where a soak runs that things happen to: a probe and a far side, a network namespace each, joined by a cable; results
 * on a small disk; the proxy behind a name that may move. All of it is gone afterwards, whatever happens.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const ROOT = here('../../..');

export const PROXY_PORT = 3128;
export const DATABASE_PORT = 8086;
export const PROXY_NAME = 'proxy.test';
/** The proxy's first address and the one it moves to, on the far side. */
export const FAR = ['10.77.0.2', '10.77.0.3'];
/** The same of the probe, each of a network of its own: the second is not bound to the first. */
export const NEAR = ['10.77.0.1/24', '10.77.0.9/16'];

const MACS = { near: '02:00:00:00:00:01', far: '02:00:00:00:00:02' };
const DISK = '24m';
const SYN = `tcp dport ${PROXY_PORT} tcp flags & (syn|ack) == syn`;

const RULES = {
  /** Every SYN is lost, and by which connection it was sent is kept. */
  lose: (round) => `table inet lose${round} {
    set lost { type ipv4_addr . inet_service; size 65535; flags dynamic; }
    chain input { type filter hook input priority 0; ${SYN} add @lost { ip saddr . tcp sport } drop; }
  }`,
  refuse: () => `table inet refuse {
    chain input { type filter hook input priority 0; ${SYN} reject with tcp reset; }
  }`,
};

const PREFIX = 'rushhour-faults';

/** Makes a site, hands it over, and removes it. Needs root. */
export async function withSite(use) {
  await removeLeftovers();
  const undo = [];
  try {
    return await use(await makeSite(undo));
  } finally {
    // What could not be removed is found by findLeftovers, and removed by who comes next.
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
}

async function makeSite(undo) {
  const names = ['near', 'far'].map((side) => `${PREFIX}-${process.pid}-${side}`);
  const [near, far] = names;
  const dir = await mkdtemp(join(tmpdir(), `${PREFIX}-${process.pid}-`));
  undo.push(() => rm(dir, { recursive: true }));
  const disk = join(dir, 'disk');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', disk]);
  undo.push(() => run('umount', ['--lazy', disk]));
  const hosts = join('/etc/netns', near, 'hosts');
  await mkdir(join('/etc/netns', near), { recursive: true });
  undo.push(() => rm(join('/etc/netns', near), { recursive: true }));
  for (const name of names) {
    await run('ip', ['netns', 'add', name]);
    undo.push(() => run('ip', ['netns', 'del', name]));
  }
  await layCable(near, far);
  const shift = join(dir, 'shift');
  const site = {
    ...{ near, far, dir, disk, results: join(disk, 'results'), log: join(dir, 'log') },
    /** Runs a command in one of the namespaces. */
    in: async (name, ...command) => (await run('ip', ['netns', 'exec', name, ...command])).stdout,
    /** Where the proxy's name leads. In place: it is mounted over /etc/hosts. */
    moveProxy: (address) => writeFileSync(hosts, `127.0.0.1 localhost\n${address} ${PROXY_NAME}\n`),
    /** By how much the wall clock of what is started in the probe is off. */
    setClock: (seconds) => writeFileSync(shift, `${seconds < 0 ? '' : '+'}${seconds}\n`),
    /** Leaves no room at all. */
    fillDisk: () => fill(join(disk, 'ballast')),
    makeRoom: () => rm(join(disk, 'ballast')),
    rules: (name, round = '') => loadRules(far, RULES[name](round)),
    noRules: (table) => site.in(far, 'nft', 'delete', 'table', 'inet', table),
    /** Lets SYNs through again. @returns how many connections had lost one, none of them after it was counted */
    async stopLosing(round) {
      const table = `lose${round}`;
      await site.in(far, 'nft', 'flush', 'chain', 'inet', table, 'input');
      const { nftables } = JSON.parse(await site.in(far, 'nft', '-j', 'list', 'set', 'inet', table, 'lost'));
      await site.noRules(table);
      return nftables.find(({ set }) => set !== undefined).set.elem?.length ?? 0;
    },
    environment: fakeClock(shift),
    launcher: join(ROOT, 'dist/cli/main.js'),
  };
  site.moveProxy(FAR[0]);
  site.setClock(0);
  site.farEnd = await startFarEnd(far, undo);
  return site;
}

/** What there is of sites; each thing's name says which process made it. @returns names, and how to remove each */
async function listParts() {
  const { stdout } = await run('ip', ['netns', 'list']);
  const namespaces = stdout.split('\n').map((line) => line.split(' ')[0]);
  const own = (names, remove) =>
    names.flatMap((name) => {
      const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
      return pid === undefined ? [] : [{ name, pid: Number(pid), remove: () => remove(name) }];
    });
  return [
    ...own(namespaces, (name) => run('ip', ['netns', 'del', name])),
    ...own(existsSync('/etc/netns') ? readdirSync('/etc/netns') : [], (name) =>
      rm(join('/etc/netns', name), { recursive: true }),
    ),
    ...own(readdirSync(tmpdir()), async (name) => {
      await run('umount', ['--lazy', join(tmpdir(), name, 'disk')]).catch(() => undefined);
      await rm(join(tmpdir(), name), { recursive: true });
    }),
  ];
}

/** Namespaces, folders and processes of sites that this process made and that are still there. */
export async function findLeftovers() {
  const parts = (await listParts()).filter(({ pid }) => pid === process.pid).map(({ name }) => name);
  const disks = readFileSync('/proc/self/mounts', 'utf8').match(
    new RegExp(`\\S+${PREFIX}-${process.pid}-\\S+`, 'g'),
  );
  const marks = readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && pid !== String(process.pid) && isOfSite(pid),
  );
  return [...parts, ...(disks ?? []), ...marks];
}

function isOfSite(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${PREFIX}-${process.pid}-`);
  } catch {
    return false;
  }
}

/** Of processes that died before they could. */
async function removeLeftovers() {
  for (const { pid, remove } of await listParts()) {
    if (!existsSync(`/proc/${pid}`)) await remove().catch(() => undefined);
  }
}

/** Neighbours are written down: a first packet that waits for ARP would look like a slow handshake. */
async function layCable(near, far) {
  const sides = [
    { name: near, own: NEAR.slice(0, 1), mac: MACS.near, others: FAR, otherMac: MACS.far },
    {
      name: far,
      own: FAR.map((address) => `${address}/24`),
      mac: MACS.far,
      others: NEAR,
      otherMac: MACS.near,
    },
  ];
  const peer = ['type', 'veth', 'peer', 'name', 'cable', 'address', MACS.far, 'netns', far];
  await run('ip', ['-n', near, 'link', 'add', 'cable', 'address', MACS.near, ...peer]);
  for (const { name, own, others, otherMac } of sides) {
    await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    await run('ip', ['-n', name, 'link', 'set', 'cable', 'up']);
    for (const address of own) await run('ip', ['-n', name, 'addr', 'add', address, 'dev', 'cable']);
    for (const address of others) {
      const neighbour = [address.replace(/\/.*/, ''), 'lladdr', otherMac, 'dev', 'cable', 'nud', 'permanent'];
      await run('ip', ['-n', name, 'neigh', 'replace', ...neighbour]);
    }
  }
}

/** A file that grows until there is no room: what is freed meanwhile is taken, too. */
function fill(path) {
  const file = openSync(path, 'a');
  const block = Buffer.alloc(64 * 1_024);
  for (let size = block.length; size > 0; ) {
    try {
      if (writeSync(file, block, 0, size) < size) size = Math.floor(size / 2);
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
      size = size > 4_096 ? 4_096 : Math.floor(size / 2);
    }
  }
  closeSync(file);
}

async function loadRules(name, ruleset) {
  const child = spawn('ip', ['netns', 'exec', name, 'nft', '-f', '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(ruleset);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('nft refused the rules');
}

/** The wall clock alone is another's: as on a machine where it is set (libfaketime). */
function fakeClock(file) {
  const library = readdirSync('/usr/lib')
    .map((arch) => `/usr/lib/${arch}/faketime/libfaketime.so.1`)
    .find((path) => existsSync(path));
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}

async function startFarEnd(name, undo) {
  const command = [process.execPath, here('far-end.mjs'), PROXY_PORT, DATABASE_PORT].map(String);
  const child = spawn('ip', ['netns', 'exec', name, ...command], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  undo.push(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  await once(child, 'message');
  let asked = 0;
  const ask = (act) => {
    asked += 1;
    const id = asked;
    child.send({ id, act });
    return new Promise((resolve, reject) => {
      child.on('message', function hear(message) {
        if (message.id !== id) return;
        child.off('message', hear);
        if (message.error === undefined) resolve(message.value);
        else reject(new Error(message.error));
      });
    });
  };
  await ask('proxy-up');
  await ask('database-up');
  return ask;
}
