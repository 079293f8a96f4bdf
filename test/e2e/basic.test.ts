import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { type Squid, startSquid } from '../peers/squid.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { readFilesBelow } from '../support/files-below.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const PASSWORD = 'S3hr:geheim';
const NAMES = Array.from({ length: 30 }, (_, index) => `pupil${index + 1}`);

suiteNeeding('Basic against Squid', ['linux', 'nginx', 'squid', 'openssl'], () => {
  let nginx: Nginx;
  let squid: Squid;
  let place: Workplace;
  let passwordFile: string;
  beforeAll(async () => {
    nginx = await startNginx();
    const users = Object.fromEntries(NAMES.map((name) => [name, PASSWORD]));
    squid = await startSquid({ isPersistent: true, auth: { scheme: 'basic', users } });
    place = makeWorkplace();
    passwordFile = join(place.dir, 'password');
    await writeFile(passwordFile, `${PASSWORD}\n`);
  });
  afterAll(async () => {
    delete process.env['PROXY_USER'];
    await squid.stop();
    await nginx.stop();
    await place.clean();
  });

  const scenario = (mode: string, attempts: number) => `
schema: 1
description: Thirty users by Basic.
arms:
  web:
    via: proxy
    proxy: 127.0.0.1:${squid.port}
    target: http://127.0.0.1:${nginx.port}/?n={nonce}
    auth: { scheme: basic, mode: ${mode}, credentials: { users: "pupil{1-30}", password: { file: ${passwordFile} } } }
    load: { concurrency: 8, attempts: ${attempts} }
pass: ["web.completedShare == 100%"]
`;

  it('plays thirty users in turn, each asked once', async () => {
    const file = await place.scenario('thirty', scenario('challenge', 600));
    const { arms, code } = await place.measure(['run', file]);
    expect(code).toBe(0);
    expect(arms['web']).toMatchObject({
      ...{ requests: 600, challenges: 600, outcomes: { ok: 600 }, connectionsPerRequest: 1 },
    });
    expect(arms['web']).not.toHaveProperty('tokens');
    const lines = await squid.requests();
    expect(await squid.statuses()).toEqual({ '200': 600, '407': 600 });
    for (const name of NAMES)
      expect(lines.filter((line) => line.startsWith('200 ') && line.endsWith(` ${name}`))).toHaveLength(20);
  });

  it('counts whom the proxy does not let in', async () => {
    process.env['PROXY_USER'] = `stranger:${PASSWORD}`;
    const { arms } = await place.measure([
      ...['hit', `http://127.0.0.1:${nginx.port}/`, '-x', `127.0.0.1:${squid.port}`],
      ...['-U', 'env:PROXY_USER', '-n', '10'],
    ]);
    expect(arms['hit']).toMatchObject({ outcomes: { 'auth-denied': 10 }, completed: 0 });
  });

  it('says which variable is missing, and starts nothing', async () => {
    const before = (await squid.requests()).length;
    const { code, stderr } = await place.run([
      ...['hit', `http://127.0.0.1:${nginx.port}/`, '-x', `127.0.0.1:${squid.port}`, '-U', 'env:NOWHERE'],
    ]);
    expect(code).toBe(5);
    expect(stderr).toContain(
      'the environment variable NOWHERE, which must contain user:password, is not set',
    );
    expect(await squid.requests()).toHaveLength(before);
  });

  it('leaves no secret in anything that runs have left', async () => {
    await place.measure([
      ...['hit', `http://127.0.0.1:${nginx.port}/`, '-x', `127.0.0.1:${squid.port}`, '-n', '3'],
      ...['-U', `pupil1:${PASSWORD}`],
    ]);
    const encoded = ['pupil1', 'pupil7', 'stranger'].map((name) =>
      Buffer.from(`${name}:${PASSWORD}`).toString('base64'),
    );
    const runs = await readdir(place.results);
    expect(runs).toHaveLength(3);
    for (const [path, text] of await readFilesBelow(place.results))
      for (const secret of [PASSWORD, ...encoded]) expect(text, path).not.toContain(secret);
  });
});

/** More by hand: CHALLENGES=5000 npx vitest run test/e2e/basic.test.ts -t 'as its log does' */
const CHALLENGES = Number(process.env['CHALLENGES'] ?? 100);

suiteNeeding(
  'credentials for whoever asks, be it all or half of the clients',
  ['linux', 'nginx', 'squid', 'openssl'],
  () => {
    let nginx: Nginx;
    let place: Workplace;
    beforeAll(async () => {
      nginx = await startNginx();
      place = makeWorkplace();
      await writeFile(join(place.dir, 'password'), `${PASSWORD}\n`);
    });
    afterAll(async () => {
      await nginx.stop();
      await place.clean();
    });

    const asking = { scheme: 'basic', users: { pupil1: PASSWORD } } as const;
    it.each([
      ['an open Squid', {}, 0],
      ['one that asks', { auth: asking }, CHALLENGES],
      ['one that asks half of its clients', { auth: { ...asking, unasked: '127.0.0.2' } }, CHALLENGES / 2],
    ])('%s is counted as its log does', async (_what, options, challenged) => {
      const squid = await startSquid({ isPersistent: true, ...options });
      try {
        const file = await place.scenario(
          `asked-${challenged}`,
          `
schema: 1
arms:
  web:
    proxy: 127.0.0.1:${squid.port}
    target: http://127.0.0.1:${nginx.port}/?n={nonce}
    auth: { scheme: basic, mode: challenge, credentials: { users: "pupil1", password: { file: password } } }
    source: { addresses: [127.0.0.1, 127.0.0.2] }
    load: { concurrency: 8, attempts: ${CHALLENGES} }
`,
        );
        const { arms } = await place.measure(['run', file]);
        const web = arms['web']!;
        expect(web).toMatchObject({ outcomes: { ok: CHALLENGES }, challenges: challenged });
        expect(web.statuses).toEqual(await squid.statuses());
        expect(web.statuses).toEqual({ '200': CHALLENGES, ...(challenged > 0 && { '407': challenged }) });
      } finally {
        await squid.stop();
      }
    });
  },
);

suiteNeeding('a Squid whose origin is gone', ['linux', 'squid'], () => {
  it.each(SOCKET_ENGINES)('is heard by the name of its error (%s engine)', async (engine) => {
    const place = makeWorkplace();
    const squid = await startSquid();
    try {
      // Nothing listens at the discard port of an address of loopback that nobody uses.
      const { arms } = await place.measure([
        ...['hit', 'http://127.0.0.77:9/', '-x', `127.0.0.1:${squid.port}`, '-n', '10', '--engine', engine],
      ]);
      expect(arms['hit']).toMatchObject({
        statuses: { '503': 10 },
        errorNames: { 'Squid: ERR_CONNECT_FAIL': 10 },
      });
    } finally {
      await squid.stop();
      await place.clean();
    }
  });
});
