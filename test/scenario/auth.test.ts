import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { expandUsers } from '../../src/scenario/user-pattern.ts';
import { armOf, mistakesIn, mistakesOf, scenarioOf } from './support.ts';

const LOAD = 'load: { concurrency: 1, attempts: 1 }';
const authOf = (written: string, more = '') =>
  armOf(scenarioOf(`  a: { auth: ${written}, ${more} ${LOAD} }`), 'a').auth;
const mistakes = (written: string, more = '') =>
  mistakesOf(() => scenarioOf(`  a: { auth: ${written}, ${more} ${LOAD} }`));

describe('auth', () => {
  it('answers the proxy’s challenge, with tickets from the cache, unless told otherwise', () => {
    expect(authOf('{ scheme: negotiate }')).toEqual({
      to: 'proxy',
      scheme: 'negotiate',
      mode: 'challenge',
      credentials: { kind: 'ticket-cache' },
    });
    expect(authOf('{ scheme: negotiate }', 'via: direct,')?.to).toBe('origin');
    expect(authOf('{ scheme: negotiate }', 'via: tunnel,')?.to).toBe('proxy');
  });

  it.each([
    ['{ env: PROXY_USER }', { kind: 'env', name: 'PROXY_USER' }],
    ['{ file: /u.csv }', { kind: 'file', path: '/u.csv' }],
    [
      '{ users: "p{1-3000}", password: { env: X } }',
      { kind: 'pattern', users: 'p{1-3000}', password: { env: 'X' } },
    ],
    ['{ users: bob, password: { file: /p } }', { kind: 'pattern', users: 'bob', password: { file: '/p' } }],
  ])('takes Basic credentials from %s', (written, credentials) => {
    expect(authOf(`{ scheme: basic, credentials: ${written} }`)?.credentials).toEqual(credentials);
  });

  it.each([
    ['{ keytab: /k }', []],
    ['{ keytab: /k, principals: "p{08-10}@R" }', ['p08@R', 'p09@R', 'p10@R']],
    ['{ keytab: /k, principals: [a@R, "b{1-2}@R", a@R] }', ['a@R', 'b1@R', 'b2@R']],
  ])('takes principals from %s', (written, principals) => {
    expect(authOf(`{ scheme: negotiate, credentials: ${written} }`)?.credentials).toEqual({
      kind: 'keytab',
      path: '/k',
      principals,
    });
  });

  it.each([
    ['{ scheme: basik }', '5:24: "basik" is not one of basic, negotiate — did you mean "basic"?'],
    ['{ scheme: basic, mod: challenge }', '5:31: unknown key "mod" — did you mean "mode"?'],
    ['{ mode: challenge }', '5:8: arm a: auth names no scheme — add scheme: basic or scheme: negotiate'],
    ['{ scheme: basic }', '5:8: arm a: scheme basic needs credentials — add credentials: { env: NAME }'],
    ['{ scheme: basic, credentials: { keytab: /k } }', '5:8: arm a: scheme basic does not use a keytab'],
    [
      '{ scheme: basic, credentials: { env: X }, service: HTTP@h }',
      '5:8: arm a: scheme basic does not use a service',
    ],
    [
      '{ scheme: negotiate, credentials: { env: X } }',
      '5:8: arm a: scheme negotiate sends tickets, not passwords',
    ],
    ['{ scheme: negotiate, service: HTTP/h@R }', '5:44: "HTTP/h@R" is not a service name — write HTTP@h'],
    [
      '{ scheme: basic, credentials: { env: X, file: y } }',
      '5:44: credentials from env and from file — keep one',
    ],
    [
      '{ scheme: basic, credentials: { users: x } }',
      '5:44: users without a password — add password: { env: NAME }',
    ],
    [
      '{ scheme: basic, credentials: { password: { env: X } } }',
      '5:44: a password without users — add users:',
    ],
    [
      '{ scheme: negotiate, credentials: { principals: x } }',
      '5:48: principals without a keytab — add keytab:',
    ],
    ['{ scheme: basic, credentials: {} }', '5:44: no credentials — add env:'],
    [
      '{ scheme: basic, credentials: { users: "p{9-1}", password: { env: X } } }',
      '5:53: a pattern of -7 users — write the lowest number first',
    ],
  ])('of %s is refused with line, column and remedy', (written, mistake) => {
    expect(mistakes(written)).toEqual([expect.stringContaining(`:${mistake}`)]);
  });

  it.each([
    ['"bob:hunter2"'],
    ['hunter2'],
    ['{ scheme: basic, credentials: "bob:hunter2" }'],
    ['{ scheme: basic, credentials: { env: "bob:hunter2" } }'],
    ['{ scheme: basic, credentials: { users: "bob:hunter2", password: { env: X } } }'],
    ['{ scheme: basic, credentials: { users: "{hunter2}", password: { env: X } } }'],
    ['{ scheme: basic, credentials: { users: bob, password: hunter2 } }'],
    ['{ scheme: basic, credentials: { users: bob, password: { env: "hunter2!" } } }'],
  ])('never repeats a secret that was written out: %s', (written) => {
    const [mistake, ...others] = mistakes(written);
    expect(others).toEqual([]);
    expect(mistake).not.toContain('hunter2');
    expect(mistake).toMatch(/env|pattern/);
  });

  it('takes a number for the secret that it may be', () => {
    expect(mistakes('{ scheme: basic, credentials: { users: bob, password: 12345 } }')).toEqual([
      'test.yaml:5:68: a scenario must not contain a secret, because results record it — name where it is: { env: NAME } for an environment variable, or { file: PATH } for a file',
    ]);
  });

  it('needs somebody who asks', () => {
    const basic = '{ scheme: basic, to: proxy, credentials: { env: X } }';
    expect(mistakes(basic, 'via: direct,')).toEqual([
      expect.stringContaining(
        ':5:8: arm a: via: direct uses no proxy that could ask for credentials — write to: origin',
      ),
    ]);
    expect(mistakes(basic, 'via: tcp,')).toEqual([
      expect.stringContaining('via: tcp sends no request, so it needs no credentials'),
    ]);
    expect(mistakes(basic, 'request: { headers: { proxy-authorization: x } },')).toEqual([
      expect.stringContaining('auth and a header both send Proxy-Authorization — remove the header'),
    ]);
  });

  it('is inherited key by key, dropped by none, and not mixed with another scheme', () => {
    const scenario = parseScenario(
      `schema: 1
proxy: p:1
target: http://t/
defaults:
  auth: { scheme: negotiate, service: HTTP@sso, credentials: { keytab: /k } }
  ${LOAD}
arms:
  same: { auth: { mode: preemptive } }
  basic: { auth: { scheme: basic, credentials: { env: X } } }
  none: { auth: none }
  tcp: { via: tcp }
`,
      'x',
    );
    expect(scenario.arms.map(({ auth }) => auth)).toEqual([
      {
        to: 'proxy',
        scheme: 'negotiate',
        mode: 'preemptive',
        credentials: { kind: 'keytab', path: '/k', principals: [] },
        service: 'HTTP@sso',
      },
      { to: 'proxy', scheme: 'basic', mode: 'challenge', credentials: { kind: 'env', name: 'X' } },
      undefined,
      undefined,
    ]);
  });
});

describe('files that a scenario names', () => {
  const text = `schema: 1
proxy: p:1
target: https://t/
defaults:
  tls: { ca: ca.pem }
  ${LOAD}
arms:
  a: { auth: { scheme: basic, credentials: { file: ../users.csv } } }
  b: { tls: { ca: /etc/ca.pem }, auth: { scheme: basic, credentials: { users: u, password: { file: p } } } }
  c: { auth: { scheme: negotiate, credentials: { keytab: k } } }
`;
  it('stand beside it; what was typed is left as it was', () => {
    const scenario = parseScenario(
      text,
      'x',
      { set: ['arms.c.tls.ca=typed.pem'], keytab: 'typed.keytab' },
      'sites/north/x.yaml',
    );
    expect(scenario.arms.map(({ tls, auth }) => [tls?.ca, auth?.credentials])).toEqual([
      ['sites/north/ca.pem', { kind: 'file', path: 'sites/users.csv' }],
      ['/etc/ca.pem', { kind: 'pattern', users: 'u', password: { file: 'sites/north/p' } }],
      ['typed.pem', { kind: 'keytab', path: 'typed.keytab', principals: [] }],
    ]);
  });
});

describe('tls', () => {
  it('comes with https:// alone, whose way is a tunnel unless said otherwise', () => {
    const scenario = parseScenario(
      `schema: 1
proxy: p:1
target: https://t/
defaults: { tls: { resumption: true }, ${LOAD} }
arms:
  tunnel: {}
  direct: { via: direct, tls: { serverName: other.example, minVersion: "1.3" } }
  plain: { via: proxy, target: "http://t/" }
  tcp: { via: tcp }
`,
      'x',
    );
    const base = { insecure: false, minVersion: '1.2', resumption: true };
    expect(scenario.arms.map(({ via, proxy, target, tls }) => [via, proxy?.port, target.port, tls])).toEqual([
      ['tunnel', 1, 443, base],
      ['direct', undefined, 443, { ...base, serverName: 'other.example', minVersion: '1.3' }],
      ['proxy', 1, 80, undefined],
      ['tcp', undefined, 1, undefined],
    ]);
  });

  it.each([
    [
      'target: "https://t/", via: proxy',
      '5:30: arm a: a proxy cannot be asked for an https:// target directly',
      'via: tunnel',
    ],
    ['tls: { insecure: true }', '5:8: arm a: TLS with a target that is not https://', 'https:// target'],
    ['via: tcp, tls: { insecure: true }', '5:18: arm a: via: tcp does not use TLS', 'via: direct'],
    ['target: "https://t/", tls: { ca: c, insecure: true }', '5:30: arm a: insecure accepts any', 'keep one'],
    ['target: "https://t/", tls: { minVersion: 1.3 }', '5:49: the number 1.3 is not one of', 'in quotes'],
    ['target: "https://t/", tls: { insecure: yes }', '5:47: "yes" does not belong in "insecure"', 'true'],
    ['target: "https://t/", tls: { serverName: "a:443" }', '5:49: "a:443" is not a server name', 'only'],
  ])('of %s is refused with line, column and remedy', (arm, mistake, fix) => {
    const found = mistakesOf(() => scenarioOf(`  a: { ${arm}, ${LOAD} }`));
    expect(found).toEqual([expect.stringContaining(`:${mistake}`)]);
    expect(found[0]).toContain(fix);
  });

  it('does not hide which far end is missing', () => {
    expect(mistakesIn(`schema: 1\narms: { a: { via: tunnel, tls: { insecure: true }, ${LOAD} } }`)).toEqual([
      expect.stringContaining('no proxy'),
      expect.stringContaining('no target — give --target http://host/path (https://host/path for TLS'),
    ]);
  });
});

describe('a pattern of users', () => {
  it.each([
    ['pupil{1-3}', ['pupil1', 'pupil2', 'pupil3']],
    ['p{098-101}@R', ['p098@R', 'p099@R', 'p100@R', 'p101@R']],
    ['bob', ['bob']],
  ])('%s', (pattern, users) => {
    expect(expandUsers(pattern)).toEqual(users);
  });

  it.each(['', '{1}', 'p{1-2}{3-4}', 'p{2-1}', 'p{1-100001}'])('is not %j', (pattern) => {
    expect(() => expandUsers(pattern)).toThrow(/users?/);
  });
});
