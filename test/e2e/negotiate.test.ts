import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kdc } from '../peers/kdc.ts';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { startSquid } from '../peers/squid.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const SERVICE = 'HTTP/proxy.rushhour.test';
/** A fast machine makes many of so many tokens in the same millisecond: one shown twice would be a replay. */
const CONNECTIONS = 800;

suiteNeeding(
  'Negotiate against Squid and a KDC',
  ['linux', 'nginx', 'squid', 'curl', 'krb5kdc', 'kadmin.local', 'kinit', 'npm:kerberos'],
  () => {
    let kdc: Kdc;
    let nginx: Nginx;
    let place: Workplace;
    beforeAll(async () => {
      kdc = await Kdc.start([SERVICE, 'pupil1', 'pupil2', 'pupil3']);
      kdc.kinit('pupil1');
      Object.assign(process.env, kdc.env);
      nginx = await startNginx();
      place = makeWorkplace();
    });
    afterAll(async () => {
      delete process.env['KRB5_CONFIG'];
      delete process.env['KRB5CCNAME'];
      await place.clean();
      await nginx.stop();
      await kdc.stop();
    });

    const startProxy = (keepsAfterChallenge: boolean) =>
      startSquid({
        isPersistent: true,
        auth: {
          ...{
            scheme: 'negotiate',
            service: `${SERVICE}@${Kdc.realm}`,
            keytab: kdc.keytab('http', [SERVICE]),
          },
          ...{ krb5Config: kdc.acceptorConfig, keepsAfterChallenge },
        },
      });

    const hit = (port: number, flags: readonly string[], count = CONNECTIONS) =>
      place.measure([
        ...[
          'hit',
          `http://127.0.0.1:${nginx.port}/?n={nonce}`,
          '-x',
          `127.0.0.1:${port}`,
          '--proxy-negotiate',
        ],
        ...['--service', SERVICE.replace('/', '@'), '-n', `${count}`, '-c', '16', ...flags],
      ]);

    it('pre-emptive: every connection is answered, no challenge, and Squid has logged the same', async () => {
      const squid = await startProxy(true);
      try {
        const { arms, code } = await hit(squid.port, []);
        expect(code).toBe(0);
        expect(arms['hit']).toMatchObject({
          started: CONNECTIONS,
          outcomes: { ok: CONNECTIONS },
          ...{ requests: CONNECTIONS, connectionsPerRequest: 1, challenges: 0 },
          tokens: { discarded: 0, failures: {} },
        });
        expect(arms['hit']?.tokens?.minted).toBeGreaterThanOrEqual(CONNECTIONS);
        expect(arms['hit']?.tokens?.mintUs.count).toBe(arms['hit']?.tokens?.minted);
        expect(await squid.statuses()).toEqual({ '200': CONNECTIONS });
      } finally {
        await squid.stop();
      }
    });

    it('challenge: each connection is asked once and then let in', async () => {
      const squid = await startProxy(true);
      try {
        const { arms, code } = await hit(squid.port, ['--challenge']);
        expect(code).toBe(0);
        expect(arms['hit']).toMatchObject({
          started: CONNECTIONS,
          outcomes: { ok: CONNECTIONS },
          ...{ requests: CONNECTIONS, connectionsPerRequest: 1, challenges: CONNECTIONS },
        });
        expect(await squid.statuses()).toEqual({ '200': CONNECTIONS, '407': CONNECTIONS });
      } finally {
        await squid.stop();
      }
    });

    it('where the proxy closes after its 407, another connection carries the token: two a request', async () => {
      const squid = await startProxy(false);
      try {
        const { arms, code } = await hit(squid.port, ['--challenge'], 200);
        expect(code).toBe(0);
        expect(arms['hit']).toMatchObject({
          started: 400,
          outcomes: { ok: 200, 'proxy-closed-after-407': 200 },
          ...{ requests: 200, connectionsPerRequest: 2, challenges: 200 },
        });
        expect(await squid.statuses()).toEqual({ '200': 200, '407': 200 });
      } finally {
        await squid.stop();
      }
    });

    it('plays the principals of a keytab in turn', async () => {
      const squid = await startProxy(true);
      const keytab = kdc.keytab('pupils', ['pupil1', 'pupil2', 'pupil3']);
      try {
        const { code } = await hit(
          squid.port,
          ['--keytab', keytab, '--principal', `pupil{1-3}@${Kdc.realm}`],
          90,
        );
        expect(code).toBe(0);
        const users = (await squid.requests()).map((line) => line.split(' ').at(-1));
        const counts = [1, 2, 3].map((n) => users.filter((user) => user === `pupil${n}@${Kdc.realm}`).length);
        expect(counts).toEqual([30, 30, 30]);
      } finally {
        await squid.stop();
      }
    });

    it.each([
      ['sends a token at once', [], ['--proxy-negotiate']],
      ['answers a challenge', ['--challenge'], ['--proxy-anyauth']],
    ])('%s on as many connections as curl, with the same answers', async (_what, ours, theirs) => {
      const squid = await startProxy(true);
      try {
        const target = `http://127.0.0.1:${nginx.port}/`;
        const { stdout } = await promisify(execFile)('curl', [
          ...['-s', '--max-time', '20', '-o', '/dev/null', '-w', '%{response_code} %{num_connects}'],
          ...['-x', `proxy.rushhour.test:${squid.port}`, '-U', ':', ...theirs],
          ...['--resolve', `proxy.rushhour.test:${squid.port}:127.0.0.1`, target],
        ]);
        expect(stdout).toBe('200 1');
        const afterCurl = await squid.statuses();
        const { arms } = await hit(squid.port, ours, 1);
        expect(arms['hit']).toMatchObject({ started: 1, outcomes: { ok: 1 } });
        const twice = Object.entries(afterCurl).map(([status, count]) => [status, 2 * count]);
        expect(await squid.statuses()).toEqual(Object.fromEntries(twice));
      } finally {
        await squid.stop();
      }
    });
  },
);
