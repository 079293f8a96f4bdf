import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectFleet, type Link } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { requestToken } from '../../../src/fleet/operator/ask-server.ts';
import { readStream } from '../../../src/fleet/operator/read-stream.ts';
import { RunCopy } from '../../../src/fleet/operator/run-copy.ts';
import { RunJournal } from '../../../src/fleet/outbox/journal.ts';
import { publishTo } from '../../../src/fleet/outbox/publish.ts';
import { RunOutbox } from '../../../src/fleet/outbox/run-outbox.ts';
import { STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { decodeRunPart } from '../../../src/fleet/run-part.ts';
import { FleetServer } from '../../../src/fleet/server/fleet-server.ts';
import { findNatsServer } from '../../../src/fleet/server/nats-server.ts';
import { keepSettings } from '../../../src/fleet/server/settings.ts';
import { freePort } from '../../peers/peer.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-cluster-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('takes three or five servers for a cluster, of which this is one', async () => {
  const own = { listen: '127.0.0.2' };
  const kept = await keepSettings(dir, { ...own, cluster: HOSTS.join(', '), clusterPort: 6300 });
  expect(kept.cluster).toEqual({ hosts: HOSTS, port: 6300 });
  expect((await keepSettings(dir, {})).cluster).toEqual({ hosts: HOSTS, port: 6300 });
  expect(await keepSettings(dir, { cluster: 'none' })).not.toHaveProperty('cluster');
  for (const cluster of [
    '127.0.0.2',
    '127.0.0.1,127.0.0.2',
    '127.0.0.1,127.0.0.3,127.0.0.4',
    '127.0.0.2,127.0.0.2,127.0.0.2',
  ])
    await expect(keepSettings(dir, { ...own, cluster })).rejects.toThrow(
      'a cluster has three or five servers',
    );
});

suiteNeeding('a cluster of three', ['linux', 'nats-server'], () => {
  const servers = new Map<string, FleetServer>();
  const links: Link[] = [];
  afterEach(async () => {
    for (const { connection } of links.splice(0)) await connection.close();
    await Promise.all([...servers.values()].map((server) => server.stop()));
    servers.clear();
  });
  const dirOf = (host: string): string => join(dir, host);

  const start = async (): Promise<void> => {
    const program = findNatsServer(process.env['PATH'] ?? '');
    const [port, clusterPort] = [await freePort(), await freePort()];
    const options = (host: string) => ({ listen: host, port, clusterPort, cluster: HOSTS.join(',') });
    const [first = '', ...others] = HOSTS;
    const begin = async (host: string, probes: readonly string[]): Promise<void> => {
      const settings = await keepSettings(dirOf(host), options(host));
      const at = { program, dir: dirOf(host), settings, probes, now: Date.now, say: () => {} };
      servers.set(host, await FleetServer.start(at));
    };
    mkdirSync(dirOf(first));
    const begun = begin(first, ['a']);
    // Its folder is whole once it waits for the others.
    await expect.poll(() => readdirSync(dirOf(first)), { timeout: 20_000 }).toContain('nats-server.conf');
    for (const host of others) {
      mkdirSync(dirOf(host));
      for (const name of ['ca.crt', 'ca.key', 'users.json', 'credentials'])
        cpSync(join(dirOf(first), name), join(dirOf(host), name), { recursive: true });
    }
    await Promise.all([begun, ...others.map((host) => begin(host, []))]);
  };
  const connect = async (who: string): Promise<Link> => {
    const file = join(dirOf(HOSTS[0]!), 'credentials', `${who}.json`);
    const link = await connectFleet(await readCredentials(file), { isPatient: true });
    links.push(link);
    return link;
  };
  /** As a crash of its machine would. */
  const kill = (host: string): void => {
    const conf = join(dirOf(host), 'nats-server.conf');
    const pids = readdirSync('/proc').filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(conf);
      } catch {
        return false;
      }
    });
    expect(pids).toHaveLength(1);
    process.kill(Number(pids[0]), 'SIGKILL');
  };

  it('loses and doubles nothing of a run while its leader is killed', async () => {
    await start();
    const operator = await connect('operator');
    const manager = await operator.jetstream.jetstreamManager();
    for (const { name } of Object.values(STREAMS)) {
      const { config, cluster } = await manager.streams.info(name);
      expect([config.num_replicas, cluster?.replicas?.length]).toEqual([3, 2]);
    }
    const folder = join(dir, 'run');
    mkdirSync(folder);
    writeFileSync(join(folder, 'run.json'), '{}');
    const outbox = await RunOutbox.take('a', 'one', new RunJournal(join(dir, 'one.jsonl')));
    await outbox.addFolder(folder, '');
    const publish = publishTo(await connect('a'));
    const send = async (): Promise<boolean> => {
      await outbox.send(publish).catch(() => {});
      return outbox.isDone;
    };
    let leader = '';
    for (let second = 0; second < 40; second += 1) {
      appendFileSync(join(folder, 'frames.jsonl'), `{"second":${second}}\n`);
      if (second === 15) {
        leader = (await manager.streams.info(STREAMS.runs.name)).cluster?.leader ?? '';
        const sending = send();
        kill(leader);
        await sending;
      } else await send();
    }
    await outbox.finish();
    await expect.poll(send, { timeout: 60_000 }).toBe(true);
    expect(HOSTS).toContain(leader);
    const copy = new RunCopy(join(dir, 'copy'));
    /** Bytes of frames that came, each as often as it came. */
    let bytesOfFrames = 0;
    const reading = { stream: STREAMS.runs.name, filter: SUBJECTS.run('*', 'one') };
    await readStream(await connect('operator'), reading, async ({ data }) => {
      const decoded = decodeRunPart(data)!;
      await copy.add(decoded);
      const { part } = decoded;
      if (part.kind === 'end') return;
      for (const { file, bytes } of part.pieces) if (file === 'frames.jsonl') bytesOfFrames += bytes;
    });
    const recorded = readFileSync(join(folder, 'frames.jsonl'), 'utf8');
    expect(recorded.split('\n').filter(Boolean)).toHaveLength(40);
    expect(bytesOfFrames).toBe(recorded.length);
    expect(readFileSync(join(dir, 'copy', 'frames.jsonl'), 'utf8')).toBe(recorded);
    const leading = async () => (await manager.streams.info(STREAMS.runs.name)).cluster?.leader ?? leader;
    await expect.poll(leading, { timeout: 30_000 }).not.toBe(leader);
    await expect(requestToken(operator, 'b', 60_000)).rejects.toThrow(
      'servers of a cluster keep their users each',
    );
  });
});
