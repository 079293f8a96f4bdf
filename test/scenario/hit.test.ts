import { describe, expect, it } from 'vitest';
import { type AttemptEnd, classify } from '../../src/outcome/classify.ts';
import { SUCCESSFUL } from '../../src/outcome/expectation.ts';
import { createPacer } from '../../src/plan/pacer.ts';
import { type HitOptions, scenarioForHit } from '../../src/scenario/hit.ts';

const URL_ = 'http://127.0.0.1:8080/p?n={nonce}';
const armFor = (options: Partial<HitOptions>) => scenarioForHit({ url: URL_, ...options }).arms[0]!;

describe('a hit', () => {
  it('is a scenario of one arm like any other, one request unless told otherwise', () => {
    expect(scenarioForHit({ url: URL_ })).toEqual({
      schema: 1,
      name: 'hit',
      description: `Ad-hoc traffic to ${URL_}`,
      farEnd: 'none',
      pass: [],
      findings: [],
      arms: [
        {
          name: 'hit',
          via: 'direct',
          target: { scheme: 'http', host: '127.0.0.1', port: 8080, path: '/p?n={nonce}' },
          request: { method: 'GET', version: '1.1', headers: [], body: '' },
          expect: { kind: 'status', statuses: SUCCESSFUL },
          load: { kind: 'closed', concurrency: 1, attempts: 1 },
          handshakeTimeoutUs: 10_000_000,
          responseTimeoutUs: 15_000_000,
          stallAfterUs: 900_000,
          close: 'peer',
          holdUs: 0,
          socket: { bind: [] },
        },
      ],
    });
  });

  it('takes ab’s flags: a count, a concurrency, a time', () => {
    expect(armFor({ requests: 50_000, concurrency: 100 }).load).toEqual({
      kind: 'closed',
      concurrency: 100,
      attempts: 50_000,
    });
    expect(armFor({ durationUs: 5_000_000 }).load).toEqual({
      kind: 'closed',
      concurrency: 1,
      forUs: 5_000_000,
    });
    expect(armFor({ requests: 7, durationUs: 5 }).load).toEqual({
      kind: 'closed',
      concurrency: 1,
      attempts: 7,
      forUs: 5,
    });
  });

  it('checks held connections at the ages that it is given', () => {
    expect(armFor({ holdUs: 60_000_000, proveUs: [30_000_000, 1_000_000] })).toMatchObject({
      holdUs: 60_000_000,
      proveUs: [1_000_000, 30_000_000],
    });
  });

  it.each([
    [{ ratePerSec: 2_000, durationUs: 30_000_000 }, 60_000],
    [{ ratePerSec: 300, requests: 1_000 }, 1_000],
    [{ ratePerSec: 700, requests: 1_000_003 }, 1_000_003],
    [{ ratePerSec: 1 / 60, requests: 10 }, 10],
    [{ ratePerSec: 100, requests: 1_000, durationUs: 2_000_000 }, 200],
    [{ ratePerSec: 100, requests: 50, durationUs: 2_000_000 }, 50],
  ])('with a rate is an open loop of exactly so many: %j', (options, total) => {
    const { load } = armFor(options);
    expect(load.kind === 'open' && createPacer(load).total).toBe(total);
  });

  it('goes through a proxy, or connects and nothing more', () => {
    expect(armFor({ proxy: 'p:3128' })).toMatchObject({ via: 'proxy', proxy: { host: 'p', port: 3128 } });
    expect(armFor({ url: 'tcp://h:1' })).toMatchObject({
      via: 'tcp',
      expect: { kind: 'established' },
      close: 'fin',
    });
  });

  it('reaches https:// by CONNECT where there is a proxy, and http:// where it is told to', () => {
    const https = armFor({ url: 'https://h/', proxy: 'p:3128', tls: { ca: 'ca.pem', minVersion: '1.3' } });
    expect(https).toMatchObject({
      via: 'tunnel',
      proxy: { host: 'p', port: 3128 },
      target: { scheme: 'https', host: 'h', port: 443 },
      tls: { ca: 'ca.pem', insecure: false, minVersion: '1.3', resumption: false },
    });
    expect(armFor({ url: 'https://h/' })).toMatchObject({ via: 'direct', tls: { insecure: false } });
    const plain = armFor({ proxy: 'p:3128', tunnel: true });
    expect([plain.via, plain.target.scheme, plain.tls]).toEqual(['tunnel', 'http', undefined]);
  });

  it('authenticates, principals counted out', () => {
    const { auth } = armFor({
      proxy: 'p:3128',
      auth: {
        to: 'proxy',
        scheme: 'negotiate',
        mode: 'preemptive',
        credentials: { kind: 'keytab', path: 'k', principals: ['p{9-11}@R', 'q@R'] },
      },
    });
    expect(auth).toEqual({
      to: 'proxy',
      scheme: 'negotiate',
      mode: 'preemptive',
      credentials: { kind: 'keytab', path: 'k', principals: ['p9@R', 'p10@R', 'p11@R', 'q@R'] },
    });
  });

  it('sends what it is told', () => {
    const arm = armFor({
      headers: ['Accept: */*', 'X:a:b', 'X: c', 'Empty:'],
      method: 'POST',
      version: '1.0',
      body: 'x',
      close: 'reset',
      holdUs: 1,
      expect: { kind: 'status', statuses: [] },
      socket: { tos: 184, bind: ['127.0.0.2'] },
    });
    expect(arm.request).toEqual({
      method: 'POST',
      version: '1.0',
      headers: [
        ['Accept', '*/*'],
        ['X', 'a:b'],
        ['X', 'c'],
        ['Empty', ''],
      ],
      body: 'x',
    });
    expect(arm).toMatchObject({
      close: 'reset',
      holdUs: 1,
      expect: { statuses: [] },
      socket: { tos: 184, bind: ['127.0.0.2'] },
    });
  });

  it.each<[string, Partial<HitOptions>, string, string]>([
    ['a password', { url: 'http://u:p@h/' }, 'contains credentials', '@'],
    [
      'a header without a name',
      { headers: ['nonsense'] },
      'the value of a -H is not a header',
      'Name: value',
    ],
    ['a header that is two', { headers: ['A: b\r\nC: d'] }, 'line break', 'one header'],
    ['a rate without an end', { ratePerSec: 5 }, '--rate alone would never end', '-n <attempts>'],
    [
      'a rate and a concurrency',
      { ratePerSec: 5, concurrency: 2, requests: 1 },
      '-c and --rate cannot be combined',
      'choose one',
    ],
    ['half a request', { requests: 0.5 }, '-n 0.5 is not a count', 'whole number'],
    ['nobody', { concurrency: 0 }, '-c 0 is not a count', 'whole number'],
    [
      'too fast',
      { ratePerSec: 60_000, requests: 1 },
      'a rate of 60000/s exceeds the limit of 50000/s',
      '--rate',
    ],
    ['too many', { requests: 50_000_001 }, '50,000,001 attempts exceeds the limit', '-n'],
    ['too many at once', { requests: 5, concurrency: 60_001 }, 'a concurrency of 60,001', '-c'],
    ['too long', { durationUs: 25 * 3_600_000_000 }, '25h exceeds the limit of 24h', '-t'],
    ['ages without a hold', { proveUs: [1_000_000] }, '--prove sets the ages', '--hold'],
    [
      'an age beyond the hold',
      { holdUs: 2_000_000, proveUs: [3_000_000] },
      'no connection is held for 3s: hold is 2s',
      'below hold',
    ],
    [
      'too many ages',
      { holdUs: 60_000_000, proveUs: Array.from({ length: 21 }, (_, index) => (index + 1) * 1_000_000) },
      '21 ages',
      'at most 20',
    ],
    ['a proxy for a handshake', { url: 'tcp://h:1', proxy: 'p:1' }, 'directly, without a proxy', '-x'],
    ['a tunnel through nothing', { tunnel: true }, 'a tunnel needs a proxy', '-x'],
    [
      'TLS for a page without',
      { tls: { insecure: true } },
      'a target that is not https://',
      'https:// target',
    ],
    [
      'credentials for no proxy',
      { auth: { to: 'proxy', scheme: 'negotiate', mode: 'challenge' } },
      'these credentials are for a proxy',
      '-x',
    ],
    [
      'a principal as Windows writes it',
      { auth: { to: 'origin', scheme: 'negotiate', mode: 'challenge', service: 'HTTP/h' } },
      '"HTTP/h" is not a service name',
      'HTTP@h',
    ],
    [
      'a request over a bare connection',
      { url: 'tcp://h:1', method: 'GET' },
      'via: tcp sends no request',
      'remove it',
    ],
  ])('is refused with a remedy: %s', (_, options, why, fix) => {
    expect(() => armFor(options)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringContaining(why),
        hint: expect.stringContaining(fix),
      }),
    );
  });
});

describe('what a hit takes for a success', () => {
  const outcomeOf = (status: number, options: Partial<HitOptions> = {}) =>
    classify({ phase: 'done', status } as AttemptEnd, armFor(options).expect);

  it('is any 2xx, as with ab, and no redirect: a filter shows its login page by one', () => {
    expect([200, 204, 206, 299].map((status) => outcomeOf(status))).toEqual(Array(4).fill('ok'));
    expect([302, 304, 404, 503].map((status) => outcomeOf(status))).toEqual(
      Array(4).fill('unexpected-status'),
    );
  });

  it('is what --status says instead', () => {
    const expect200 = { expect: { kind: 'status', statuses: [200] } } as const;
    expect(outcomeOf(204, expect200)).toBe('unexpected-status');
  });
});

describe('what a hit does beside its load', () => {
  it('is nothing but a ping, unless flags say so', () => {
    const { marker, ping, firewall } = scenarioForHit({ url: URL_, ping: true });
    expect({ marker, ping, firewall }).toEqual({ marker: undefined, ping: undefined, firewall: undefined });
    const asked = scenarioForHit({
      url: URL_,
      ...{ marker: 'ticket-4711', ping: false },
      firewall: { before: 'ssh fw show', run: 'ssh fw count', every: '5s' },
    });
    expect(asked).toMatchObject({
      ...{ marker: 'ticket-4711', ping: 'off' },
      firewall: { before: 'ssh fw show', run: 'ssh fw count', everyUs: 5_000_000 },
    });
    expect(asked.arms[0]?.marker).toBe('ticket-4711');
    expect(scenarioForHit({ url: URL_, firewall: { asks: false } }).firewall).toBeUndefined();
  });

  it.each<[string, Partial<HitOptions>, string]>([
    [
      'a marker that no request carries',
      { url: 'tcp://h:1', marker: 'ticket-4711' },
      '--marker: a tcp:// target',
    ],
    ['a marker that is none', { marker: 'a b' }, '"a b" is not a valid marker'],
    ['an empty command', { firewall: { before: ' ' } }, '--firewall-before: an empty command'],
    [
      'a time without a command',
      { firewall: { before: 'x', every: '5s' } },
      '--firewall-every: "every" without "run"',
    ],
    ['too often', { firewall: { run: 'x', every: '10ms' } }, '--firewall-every: more often than a firewall'],
    ['no time', { firewall: { run: 'x', every: 'soon' } }, '--firewall-every: '],
  ])('is refused: %s', (_, options, why) => {
    expect(() => armFor(options)).toThrow(why);
  });
});
