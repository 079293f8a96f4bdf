import { expect, it } from 'vitest';
import { readSinks } from '../../src/cli/flags/sink-flags.ts';
import { knownSecrets } from '../../src/evidence/firewall/known-secrets.ts';
import { readServerProxy } from '../../src/fleet/link/read-proxy.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { readCredentials } from '../../src/session/load/credentials.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { mistakesIn, scenarioOf } from './support.ts';

/** Names that every object of JavaScript has, or that none takes. */
const RESERVED = ['__proto__', 'constructor', 'toString'];
const ARM = 'load: [{ hold: { rate: 1/s, for: 1s } }]';
const FILE = `schema: 1\nproxy: p:1\ntarget: http://t/\narms:\n  a: { ${ARM} }\n`;

it.each(['request.headers', 'expect.header'])('no name of a header in %s is lost in silence', (place) => {
  const [key, inner] = place.split('.');
  const give = (name: string) => FILE.replace('a: {', `a: { ${key}: { ${inner}: { ${name}: x } },`);
  const what = 'nothing can be called __proto__ — choose another name';
  expect(mistakesIn(give('__proto__'))).toEqual([
    expect.stringMatching(new RegExp(`^bad\\.yaml:5:\\d+: ${what}$`)),
  ]);
  expect(mistakesIn(FILE, { set: [`arms.a.${place}.__proto__=x`] })).toEqual([
    expect.stringMatching(new RegExp(`^--set arms\\.a\\.${place}\\.__proto__=\\S+: ${what}$`)),
  ]);
  for (const name of ['constructor', 'toString']) {
    const { arms } = parseScenario(give(name), 'x');
    expect(JSON.stringify(arms).toLowerCase()).toContain(`["${name.toLowerCase()}","x"]`);
  }
});

it('a reserved name that the schema refuses anyway is told once', () => {
  expect(mistakesIn(FILE, { set: ['arms.a.__proto__=1'] })).toEqual([
    expect.stringContaining('unknown key "__proto__"'),
  ]);
  expect(mistakesIn(FILE.replace('  a:', '  __proto__:'))).toEqual([
    expect.stringContaining('JavaScript reserves it'),
  ]);
});

it.each(RESERVED)('a variable %s that is not set is none', async (name) => {
  const credentials = { kind: 'env', name } as const;
  const [arm] = scenarioOf(`  x: { proxy: "127.0.0.1:3128", load: { concurrency: 1, attempts: 1 } }`).arms;
  const auth = { to: 'proxy', scheme: 'basic', mode: 'challenge', credentials } as const;
  const scenario = { ...scenarioOf(`  a: { proxy: "p:1", ${ARM} }`), arms: [{ ...arm!, auth }] };
  const planned = { arm: scenario.arms[0]!, endpoints: [], sources: [] };
  await expect(readCredentials([planned], {})).rejects.toThrow(`variable ${name}, which`);
  expect(knownSecrets(scenario, {})).toEqual([]);
  const host = createFakeHost();
  const flags = { serverProxy: '127.0.0.1:1', serverProxyUser: `env:${name}` };
  await expect(readServerProxy(host, flags)).rejects.toThrow('does not hold user:password');
  const sinks = { sink: ['influxdb2://127.0.0.1:1/org/bucket'], sinkToken: `env:${name}` };
  expect(() => readSinks(sinks, host)).toThrow(`the variable ${name} is empty`);
});
