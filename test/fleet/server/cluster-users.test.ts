import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys, RequestError } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/run-cli.ts';
import type { Link } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { formatToken, hasMajority, type Reach, readToken } from '../../../src/fleet/enrolment.ts';
import { requestToken, revokeProbe } from '../../../src/fleet/operator/ask-server.ts';
import { enrollProbe } from '../../../src/fleet/probe/enroll.ts';
import { STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { ChangeSeal } from '../../../src/fleet/server/user-change.ts';
import { createFakeHost } from '../../cli/fake-host.ts';
import { createFakeRun } from '../../cli/fake-services.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { HOSTS, TestCluster } from './start-cluster.ts';

const HOUR_MS = 3_600_000;
const [A, B, C] = HOSTS;

suiteNeeding('users of a cluster of three', ['linux', 'nats-server'], () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await TestCluster.start(['a', 'b']);
  });
  afterEach(() => cluster?.close());

  const own = (name: string): string => join(cluster.dir, 'elsewhere', `${name}.json`);
  const usersOf = (host: string) => JSON.parse(readFileSync(join(cluster.dirOf(host), 'users.json'), 'utf8'));
  const idsAt = (host: string): string[] => usersOf(host).probes.map(({ id }: { id: string }) => id);
  /** Whether a link has lost its connection. */
  const watch = (link: Link): (() => boolean) => {
    let isLost = false;
    void (async () => {
      for await (const { type } of link.connection.status()) if (type === 'disconnect') isLost = true;
    })();
    return () => isLost;
  };
  const enrollAt = async (host: string, probe: string, token: string): Promise<void> => {
    const at = formatToken({ ...readToken(token), servers: [cluster.urlOf(host)] });
    expect(await enrollProbe(at, own(probe))).toBe(probe);
  };
  /** As an operator on the machine of this server would. */
  const cli = async (host: string, ...args: string[]) => {
    const file = join(cluster.dir, `operator-at-${host}.json`);
    writeFileSync(file, JSON.stringify(await cluster.credentials('operator', host)));
    const fake = createFakeHost({ cwd: cluster.dir });
    const code = await runCli(['fleet', ...args, '--credentials', file], fake, createFakeRun().services);
    return { code, out: fake.stdout.text, err: fake.stderr.text };
  };
  const revokeAt = async (host: string, probe: string): Promise<Reach | undefined> =>
    (await revokeProbe(await cluster.connect('operator', host), probe)).reach;

  it('enrolls through one, connects through another, and revokes through the third: connections end on all', async () => {
    const operator = await cluster.connect('operator', A);
    const { token, reach } = await requestToken(operator, 'c', HOUR_MS);
    expect(reach).toEqual({ servers: 3, missing: [] });
    await enrollAt(B, 'c', token);
    // Not another, which may be cut off.
    expect(cluster.said.get(B)).toContain('c was enrolled');
    const c = await readCredentials(own('c'));
    const links = await Promise.all(
      HOSTS.map((host) => cluster.join({ ...c, servers: [cluster.urlOf(host)] }, true)),
    );
    await operator.jetstream.publish(SUBJECTS.order('c', 'one'), 'for c');
    const consumer = await links[2]!.jetstream.consumers.get(STREAMS.orders.name, 'c');
    expect((await consumer.next({ expires: 10_000 }))?.string()).toBe('for c');
    const others = await Promise.all(HOSTS.map((host) => cluster.connect('b', host)));
    const [lost, kept] = [links.map(watch), others.map(watch)];
    expect(await revokeAt(C, 'c')).toEqual({ servers: 3, missing: [] });
    await expect.poll(() => lost.map((isLost) => isLost())).toEqual([true, true, true]);
    for (const host of HOSTS) {
      await expect(cluster.join({ ...c, servers: [cluster.urlOf(host)] })).rejects.toThrow(
        /the server refuses the credentials of/,
      );
      expect(idsAt(host)).toEqual(['a', 'b']);
    }
    expect(kept.map((isLost) => isLost())).toEqual([false, false, false]);
    for (const host of HOSTS)
      for (const file of ['users.json', 'nats-server.conf'])
        expect(readFileSync(join(cluster.dirOf(host), file), 'utf8')).not.toMatch(/\bSU[A-Z2-7]{56}\b/);
  });

  it('tells a server that was down of everything as it starts, before anybody can connect to it', async () => {
    const a = await cluster.credentials('a', C);
    const key = nkeys.fromSeed(new TextEncoder().encode(a.seed)).getPublicKey();
    await cluster.stop(C);
    // Nobody waits for it: the server that is asked says so at once.
    const link = await cluster.join(await cluster.credentials('server', A));
    const unheard = await link.connection
      .request(SUBJECTS.cluster(C), '', { timeout: 60_000 })
      .catch((error: unknown) => error);
    expect(unheard instanceof RequestError && unheard.isNoResponders()).toBe(true);
    const asked = await cli(A, 'enroll', 'c');
    expect(asked.code).toBe(0);
    expect(asked.err).toContain(`${C} does not know of it yet, and hears of it on coming back\n`);
    await enrollAt(B, 'c', asked.out);
    expect(cluster.said.get(B)).toContain('c was enrolled');
    const reach = await revokeAt(B, 'a');
    expect(reach).toEqual({ servers: 3, missing: [C] });
    expect(hasMajority(reach!)).toBe(true);
    // What nats-server is started with, for the first time since.
    const program = join(cluster.dir, 'started');
    writeFileSync(program, `#!/bin/sh\ncp "$2" ${join(cluster.dir, 'given')}\nexec nats-server "$@"\n`);
    chmodSync(program, 0o755);
    expect(readFileSync(join(cluster.dirOf(C), 'nats-server.conf'), 'utf8')).toContain(key);
    await cluster.begin(C, { program });
    expect(readFileSync(join(cluster.dir, 'given'), 'utf8')).not.toContain(key);
    expect(cluster.said.get(C)).toContainEqual(
      expect.stringMatching(/^a was revoked, as 127\.0\.0\.[12] says$/),
    );
    await expect(cluster.join(a)).rejects.toThrow(/the server refuses the credentials of/);
    await cluster.join({ ...(await readCredentials(own('c'))), servers: [cluster.urlOf(C)] });
    expect(idsAt(C)).toEqual(['b', 'c']);
  });

  it('tells one that was cut off soon after, and says as much of a change that most do not know', async () => {
    const [atA, atC] = [watch(await cluster.connect('a', A)), watch(await cluster.connect('a', C))];
    const operator = await cluster.connect('operator', A);
    const asServer = await cluster.join(await cluster.credentials('server', A));
    // Frozen: neither server nor program can be told.
    cluster.signal(C, 'SIGSTOP');
    try {
      // As long as a server of which most depends is waited for.
      const silent = asServer.connection.request(SUBJECTS.cluster(C), '', { timeout: 8_000 });
      const toldFirst = await Promise.race([
        requestToken(operator, 'd', HOUR_MS).then(({ reach }) => reach),
        silent.catch((error: Error) => error.name),
      ]);
      expect(toldFirst).toEqual({ servers: 3, missing: [C] });
      await cluster.stop(B);
      const { code, out, err } = await cli(A, 'revoke', 'a');
      expect([code, out]).toEqual([5, '']);
      expect(err).toContain(`a is revoked on 1 of 3 servers alone: ${B}, ${C} did not answer`);
      expect(atA()).toBe(true);
      const token = await cli(A, 'enroll', 'c');
      expect(token.code).toBe(5);
      expect(token.out).toMatch(/^rushhour1\.\d+\.[\w-]+\.c\./);
      expect(token.err).toContain('the token for c is good on 1 of 3 servers alone');
    } finally {
      cluster.signal(C, 'SIGCONT');
    }
    await expect.poll(atC, { timeout: 60_000 }).toBe(true);
    await expect.poll(() => idsAt(C), { timeout: 60_000 }).toEqual(['b']);
    // Alone, it has heard of nothing that it did not know.
    await cluster.begin(B);
    expect(idsAt(B)).toEqual(['b']);
    expect(await revokeAt(B, 'a')).toEqual({ servers: 3, missing: [] });
  });

  it('believes only what a server of the fleet has signed, and hears no one else', async () => {
    const server = await cluster.credentials('server', B);
    const link = await cluster.join(server);
    const forged = new ChangeSeal(new TextDecoder().decode(nkeys.createUser().getSeed()));
    const change = (seal: ChangeSeal, version: number, probe = 'a') =>
      seal.sign({ v: 1, probe, version, atMs: Date.now(), state: { kind: 'revoked' } });
    const genuine = change(new ChangeSeal(server.seed), 99);
    const publish = (data: string): void => {
      for (const host of HOSTS) link.connection.publish(SUBJECTS.cluster(host), data);
    };
    const tell = (changes: unknown, from: string = B) =>
      publish(JSON.stringify({ v: 1, kind: 'tell', from, changes }));
    const before = HOSTS.map(usersOf);
    tell([change(forged, 99)]);
    tell([{ ...genuine, text: genuine.text.replace('"a"', '"b"') }]);
    tell([genuine], 'mallory');
    tell([]);
    tell(Array.from({ length: 401 }, () => genuine));
    tell([change(new ChangeSeal(server.seed), 0)]);
    for (const data of ['', '{', '{"v":1}', 'x'.repeat(600_000)]) publish(data);
    await link.connection.flush();
    for (const who of ['operator', 'a']) {
      const other = await cluster.connect(who, A);
      const refused: string[] = [];
      void (async () => {
        for await (const status of other.connection.status())
          if (status.type === 'error') refused.push(status.error.message);
      })();
      other.connection.publish(
        SUBJECTS.cluster(C),
        JSON.stringify({ v: 1, kind: 'tell', from: B, changes: [genuine] }),
      );
      other.connection.publish(`${SUBJECTS.inbox('server')}.x`, '{}');
      // What a server answers, it may be told to publish anywhere.
      if (who === 'a')
        other.connection.publish(`$JS.API.CONSUMER.INFO.${STREAMS.orders.name}.a`, '', {
          reply: SUBJECTS.cluster(C),
        });
      other.connection.subscribe(SUBJECTS.cluster(C), { callback: () => {} });
      await expect.poll(() => refused.length).toBe(3);
    }
    expect(HOSTS.map(usersOf)).toEqual(before);
    // They go on hearing what is true.
    tell([genuine]);
    await expect.poll(() => [A, C].map(idsAt)).toEqual([['b'], ['b']]);
  });
});
