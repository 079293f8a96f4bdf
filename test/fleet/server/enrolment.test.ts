import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectFleet, type Link } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { formatToken, readToken } from '../../../src/fleet/enrolment.ts';
import type { Presence } from '../../../src/fleet/messages.ts';
import { requestToken, revokeProbe } from '../../../src/fleet/operator/ask-server.ts';
import { readProbes } from '../../../src/fleet/operator/read-probes.ts';
import { enrollProbe } from '../../../src/fleet/probe/enroll.ts';
import { STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { TestServer } from './start-server.ts';

const HOUR_MS = 3_600_000;

suiteNeeding('enrolment of probes', ['nats-server'], () => {
  let server: TestServer;
  let operator: Link;
  beforeEach(async () => {
    server = await TestServer.start(['a', 'b']);
    operator = await server.connect(server.fileOf('operator'));
  });
  afterEach(() => server.close());
  const own = (name: string): string => join(server.dir, 'elsewhere', `${name}.json`);
  const present = (probe: string): Presence => ({
    ...{
      v: 1,
      probe,
      version: '0',
      labels: {},
      engines: [],
      busy: null,
      waiting: [],
      checks: [],
      unsentBytes: 0,
      atMs: 1,
    },
    host: {
      hostname: 'h',
      arch: 'a',
      kernel: 'k',
      node: 'n',
      cpu: 'c',
      cpus: 1,
      memoryBytes: 1,
      addresses: [],
    },
  });
  const countOf = async (stream: string): Promise<number> => {
    const manager = await operator.jetstream.jetstreamManager();
    return (await manager.streams.info(stream)).state.messages;
  };
  /** Whether a link loses its connection. */
  const watch = (link: Link): { isLost: () => boolean } => {
    let lost = false;
    void (async () => {
      for await (const { type } of link.connection.status()) if (type === 'disconnect') lost = true;
    })();
    return { isLost: () => lost };
  };

  it('makes a probe of a machine that has a token, which never sends its key, and no other loses its connection', async () => {
    const b = await server.connect(server.fileOf('b'));
    const [ofOperator, ofB] = [watch(operator), watch(b)];
    const { token } = await requestToken(operator, 'c', HOUR_MS);
    expect(await enrollProbe(`${token}\n`, own('c'))).toBe('c');
    expect(statSync(own('c')).mode & 0o777).toBe(0o600);
    const { seed } = await readCredentials(own('c'));
    const c = await server.connect(own('c'));
    await operator.jetstream.publish(SUBJECTS.order('c', 'one'), 'for c');
    const message = await (await c.jetstream.consumers.get(STREAMS.orders.name, 'c')).next({
      expires: 5_000,
    });
    expect(message?.string()).toBe('for c');
    await b.connection.flush();
    expect([ofOperator.isLost(), ofB.isLost()]).toEqual([false, false]);
    const tokenSeed = readToken(token).seed;
    for (const file of ['users.json', 'nats-server.conf', 'server.json']) {
      const text = readFileSync(join(server.dir, file), 'utf8');
      expect(text).not.toContain(seed);
      expect(text).not.toContain(tokenSeed);
    }
    expect(existsSync(server.fileOf('c'))).toBe(false);
    // The server knows it after a restart, too.
    await c.connection.close();
    await server.startAgain();
    await server.connect(own('c'));
  });

  it('takes a token once: whoever comes second is told, and a lost answer can be asked for again', async () => {
    const { token } = await requestToken(operator, 'c', HOUR_MS);
    await enrollProbe(token, own('c'));
    // A new token alone would be refused.
    await expect(enrollProbe(token, own('second'))).rejects.toMatchObject({
      message: expect.stringContaining('the token has been used'),
      hint: expect.stringMatching(
        /"rushhour fleet enroll c", after "rushhour fleet revoke c" if it was used/,
      ),
    });
    expect(existsSync(own('second'))).toBe(false);
    expect(existsSync(`${own('second')}.enrolling`)).toBe(false);
    await server.startAgain();
    const failed = await enrollProbe(token, own('second')).catch((error: Error) => error);
    expect(failed).toMatchObject({
      message: expect.stringMatching(/^the server refuses the token for \w+: it was used/),
    });
    expect(JSON.stringify(failed)).not.toMatch(/SU[A-Z2-7]{56}/);
  });

  it('goes on where an enrolment was cut off, with the same key', async () => {
    const { renameSync } = await import('node:fs');
    const { token } = await requestToken(operator, 'c', HOUR_MS);
    await enrollProbe(token, own('c'));
    const before = readFileSync(own('c'), 'utf8');
    // As if the process had been killed when the answer was on its way.
    renameSync(own('c'), `${own('c')}.enrolling`);
    expect(await enrollProbe(token, own('c'))).toBe('c');
    expect(readFileSync(own('c'), 'utf8')).toBe(before);
    await expect(enrollProbe(token, own('c'))).rejects.toMatchObject({
      message: expect.stringContaining('is there already'),
      hint: expect.stringContaining('fleet revoke c'),
    });
  });

  it('refuses a token that is too old, whose server is another, and that is none', async () => {
    const first = await requestToken(operator, 'c', HOUR_MS);
    const { token, isReplacing } = await requestToken(operator, 'c', HOUR_MS);
    expect([first.isReplacing, isReplacing]).toEqual([false, true]);
    await expect(enrollProbe(first.token, own('c'))).rejects.toThrow('revoked or replaced by a newer one');
    server.aheadMs = HOUR_MS + 1_000;
    // Whatever is wrong with a token, scripts see the same.
    await expect(enrollProbe(token, own('c'))).rejects.toMatchObject({
      message: expect.stringContaining('the token has expired'),
      exitCode: 5,
    });
    await server.fleet.refresh();
    await expect(enrollProbe(token, own('c'))).rejects.toMatchObject({
      message: expect.stringContaining('the server refuses the token for c'),
      exitCode: 5,
    });
    // A key that is never taken is not left behind.
    expect(existsSync(`${own('c')}.enrolling`)).toBe(false);
    const other = await TestServer.start([]);
    try {
      const { ca } = await readCredentials(other.fileOf('operator'));
      const { token: fresh } = await requestToken(operator, 'c', HOUR_MS);
      const misled = formatToken({ ...readToken(fresh), ca });
      await expect(enrollProbe(misled, own('c'))).rejects.toThrow(/no connection .*certificate/);
    } finally {
      await other.close();
    }
    expect(existsSync(`${own('c')}.enrolling`)).toBe(true);
    await expect(requestToken(operator, 'a', HOUR_MS)).rejects.toThrow('a is enrolled already');
  });

  it('says of a token with the secret of another that it is not valid', async () => {
    const [c, d] = [await requestToken(operator, 'c', HOUR_MS), await requestToken(operator, 'd', HOUR_MS)];
    const mixed = formatToken({ ...readToken(c.token), seed: readToken(d.token).seed });
    await expect(enrollProbe(mixed, own('c'))).rejects.toMatchObject({
      message: 'the token for c is not valid: its secret is that of another token',
      hint: expect.stringContaining('rushhour fleet enroll c'),
    });
    expect(existsSync(`${own('c')}.enrolling`)).toBe(false);
  });

  it('finds that it was enrolled, though the answer was lost and its token has expired since', async () => {
    const { renameSync } = await import('node:fs');
    const { token } = await requestToken(operator, 'c', HOUR_MS);
    await enrollProbe(token, own('c'));
    renameSync(own('c'), `${own('c')}.enrolling`);
    server.aheadMs = HOUR_MS + 1_000;
    expect(await enrollProbe(token, own('c'))).toBe('c');
  });

  it('lets whoever holds a token ask to be enrolled, and nothing else', async () => {
    const token = readToken((await requestToken(operator, 'c', HOUR_MS)).token);
    const role = { kind: 'newcomer', id: 'c' } as const;
    const newcomer = await connectFleet(
      { ...token, servers: [...token.servers], role },
      { isPatient: false },
    );
    const refused: string[] = [];
    void (async () => {
      for await (const status of newcomer.connection.status())
        if (status.type === 'error') refused.push(status.error.message);
    })();
    const forbidden = [
      ...[
        SUBJECTS.enrolment('d'),
        SUBJECTS.enrolment('d', 'x'),
        SUBJECTS.server(),
        SUBJECTS.server('x'),
        SUBJECTS.order('a', 'one'),
        SUBJECTS.event('c', 'one'),
      ],
      ...[SUBJECTS.presence('c'), '$JS.API.INFO'],
    ];
    for (const subject of forbidden) newcomer.connection.publish(subject, '{}');
    for (const subject of [
      '>',
      `${SUBJECTS.inbox('a')}.>`,
      SUBJECTS.order('c', 'one'),
      SUBJECTS.enrolmentInbox('*'),
    ])
      newcomer.connection.subscribe(subject, { callback: () => {} });
    await newcomer.connection.flush();
    await expect.poll(() => refused.length).toBe(forbidden.length + 4);
    await newcomer.connection.close();
  });

  it('lets no probe enroll or revoke another', async () => {
    const a = await server.connect(server.fileOf('a'));
    await expect(requestToken(a, 'c', HOUR_MS)).rejects.toThrow(/does not answer .*permission/i);
    await expect(revokeProbe(a, 'b')).rejects.toThrow(/does not answer .*permission/i);
    const key = nkeys.createUser().getPublicKey();
    await expect(
      a.connection.request(SUBJECTS.enrolment('b'), JSON.stringify({ v: 1, publicKey: key }), {
        timeout: 2_000,
      }),
    ).rejects.toThrow(/permission/i);
  });

  it('revokes a stolen credential: its connections end, and it can neither read nor publish', async () => {
    const stolen = server.fileOf('a');
    const copy = await readCredentials(stolen);
    const a = await server.connect(stolen, true);
    const thief = await connectFleet(copy, { isPatient: true });
    const b = await server.connect(server.fileOf('b'));
    await thief.jetstream.publish(SUBJECTS.presence('a'), JSON.stringify(present('a')));
    await b.jetstream.publish(SUBJECTS.presence('b'), JSON.stringify(present('b')));
    await operator.jetstream.publish(SUBJECTS.order('a', 'one'), 'for a');
    const [ofA, ofThief, ofB] = [watch(a), watch(thief), watch(b)];
    await revokeProbe(operator, 'a');
    await expect.poll(() => [ofA.isLost(), ofThief.isLost()]).toEqual([true, true]);
    expect(ofB.isLost()).toBe(false);
    expect((await readProbes(operator, Date.now())).map(({ probe }) => probe)).toEqual(['b']);
    const events = await countOf(STREAMS.events.name);
    await expect(
      thief.jetstream.publish(SUBJECTS.event('a', 'one'), 'x', { timeout: 2_000 }),
    ).rejects.toThrow();
    await expect(connectFleet(copy, { isPatient: false })).rejects.toThrow(
      'the server refuses the credentials of a',
    );
    expect(await countOf(STREAMS.events.name)).toBe(events);
    expect(await countOf(STREAMS.orders.name)).toBe(0);
    expect(existsSync(stolen)).toBe(false);
    await server.startAgain();
    await expect(connectFleet(copy, { isPatient: false })).rejects.toThrow(
      'the server refuses the credentials of a',
    );
    await thief.connection.close();
  });

  it('revokes a token that nobody has used, and lets the same id be enrolled anew', async () => {
    const { token } = await requestToken(operator, 'c', HOUR_MS);
    expect((await revokeProbe(operator, 'c')).beforeAtMs).toBeUndefined();
    // By the clock of the server; what may have been left of it is removed again.
    expect((await revokeProbe(operator, 'c')).beforeAtMs).toBeGreaterThan(0);
    await expect(enrollProbe(token, own('c'))).rejects.toThrow('the server refuses the token for c');
    await enrollProbe((await requestToken(operator, 'c', HOUR_MS)).token, own('d'));
    await server.connect(own('d'));
    expect((await revokeProbe(operator, 'c')).beforeAtMs).toBeUndefined();
    await expect(revokeProbe(operator, 'nobody')).rejects.toThrow('no probe nobody is enrolled');
  });
});
