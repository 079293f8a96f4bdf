import { describe, expect, it } from 'vitest';
import { CLIENT_NAMES, CLIENTS } from '../../src/client/registry.ts';
import { resolveClient } from '../../src/client/resolve.ts';
import { clientOf, describeClient } from '../../src/scenario/client.ts';
import { scenarioForHit } from '../../src/scenario/hit.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import type { Overrides } from '../../src/scenario/overrides.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { mistakesIn } from './support.ts';

const TOP = 'schema: 1\ntarget: tcp://192.0.2.1:443\n';
const LOAD = 'load: { concurrency: 1, attempts: 5 }';

function scenarioOf(arms: readonly string[], defaults = '', overrides: Overrides = {}): Scenario {
  return parseScenario(fileOf(arms, defaults), 'test', overrides);
}

function fileOf(arms: readonly string[], defaults = ''): string {
  const keys = [LOAD, ...(defaults === '' ? [] : [`client: ${defaults}`])].join(', ');
  const written = arms.map(
    (client, index) => `  a${index}: {${client === '' ? '' : ` client: ${client} `}}\n`,
  );
  return `${TOP}defaults: { ${keys} }\narms:\n${written.join('')}`;
}

const clientsOf = (scenario: Scenario) => scenario.arms.map(({ client }) => client);

describe('client:', () => {
  it('names a profile, or a profile and what differs', () => {
    const scenario = scenarioOf([
      'windows-11',
      '{ profile: macos, isn: repeat, timestamps: off, synWaits: [1s, 2.5s] }',
    ]);
    expect(clientsOf(scenario)).toEqual([
      { profile: 'windows-11', knobs: {} },
      { profile: 'macos', knobs: { isn: 'repeat', timestamps: false, synWaitsUs: [1_000_000, 2_500_000] } },
    ]);
    expect(scenario.arms.map(clientOf)).toEqual([
      CLIENTS['windows-11'],
      resolveClient('macos', { isn: 'repeat', timestamps: false, synWaitsUs: [1_000_000, 2_500_000] }),
    ]);
  });

  it('takes every name, and is linux-6 where none is given', () => {
    expect(clientsOf(scenarioOf([...CLIENT_NAMES])).map((client) => client?.profile)).toEqual(CLIENT_NAMES);
    const [bare, knobs] = scenarioOf(['', '{ ttl: 7 }']).arms;
    expect(bare).not.toHaveProperty('client');
    expect(clientOf(bare!)).toEqual(CLIENTS['linux-6']);
    expect(knobs?.client).toEqual({ profile: 'linux-6', knobs: { ttl: 7 } });
  });

  it('inherits single keys, and nothing of another client', () => {
    const scenario = scenarioOf(
      ['', '{ dscp: 46 }', '{ ttl: 9 }', 'android'],
      '{ profile: windows-10, ttl: 60 }',
    );
    expect(clientsOf(scenario)).toEqual([
      { profile: 'windows-10', knobs: { ttl: 60 } },
      { profile: 'windows-10', knobs: { ttl: 60, dscp: 46 } },
      { profile: 'windows-10', knobs: { ttl: 9 } },
      { profile: 'android', knobs: {} },
    ]);
  });

  it('is told in the words of a scenario', () => {
    const knobs =
      '{ profile: macos, timestamps: off, fastOpen: on, windowScale: off, ttl: 60, synWaits: [1s, 250ms] }';
    const [plain, changed] = scenarioOf(['windows-11', knobs]).arms;
    expect(describeClient(plain!.client!)).toBe('windows-11');
    expect(describeClient(changed!.client!)).toBe(
      'macos but windowScale off, ttl 60, timestamps off, fastOpen on, synWaits 1s 250ms',
    );
  });

  it('has its own mistakes', () => {
    expect(mistakesIn(fileOf(['windows-12']))).toEqual([
      'bad.yaml:5:17: "windows-12" is not one of windows-11, windows-10, linux-6, android, macos, ios, chromeos — did you mean "windows-11"?',
    ]);
    expect(mistakesIn(fileOf(['{ tll: 3 }']))).toEqual([
      'bad.yaml:5:19: unknown key "tll" — did you mean "ttl"?',
    ]);
    expect(mistakesIn(fileOf(['{ windowScale: 15 }']))).toHaveLength(1);
    expect(mistakesIn(fileOf(['{ timestamps: maybe }']))).toEqual([
      'bad.yaml:5:31: "maybe" is not one of on, off — known: on, off',
    ]);
  });

  it('takes options of sockets beside it, but nothing that is said twice', () => {
    const file = (client: string) =>
      `${TOP}arms:\n  a: { socket: { mss: 536, tos: 8 }, client: ${client}, ${LOAD} }\n`;
    expect(clientsOf(parseScenario(file('windows-11'), 'test'))).toEqual([
      { profile: 'windows-11', knobs: {} },
    ]);
    expect(mistakesIn(file('{ mss: 600, dscp: 2, ttl: 3 }'))).toEqual([
      'bad.yaml:4:38: arm a: socket.tos and client.dscp set the same thing — keep client.dscp',
      'bad.yaml:4:38: arm a: socket.mss and client.mss set the same thing — keep client.mss',
    ]);
  });
});

describe('--client', () => {
  it('is the client of every arm without a profile of its own', () => {
    const arms = ['', '{ timestamps: on }', 'macos'];
    expect(clientsOf(scenarioOf(arms, '', { client: 'windows-11' }))).toEqual([
      { profile: 'windows-11', knobs: {} },
      { profile: 'windows-11', knobs: { timestamps: true } },
      { profile: 'macos', knobs: {} },
    ]);
  });

  it('replaces the profile of the defaults, and leaves what they change', () => {
    const clients = (defaults: string) => clientsOf(scenarioOf([''], defaults, { client: 'ios' }));
    expect(clients('android')).toEqual([{ profile: 'ios', knobs: {} }]);
    expect(clients('{ profile: android, ttl: 4 }')).toEqual([{ profile: 'ios', knobs: { ttl: 4 } }]);
    expect(clients('{ ttl: 4 }')).toEqual([{ profile: 'ios', knobs: { ttl: 4 } }]);
  });

  it('is a mistake where no arm takes it', () => {
    expect(mistakesIn(fileOf(['macos']), { client: 'windows-11' })).toEqual([
      '--client: no arm uses this client — remove it, or use --set arms.<arm>.client=<name>',
    ]);
  });

  it('gives way to --set', () => {
    const scenario = scenarioOf(['', ''], '', { client: 'ios', set: ['arms.a0.client=linux-6'] });
    expect(clientsOf(scenario).map((client) => client?.profile)).toEqual(['linux-6', 'ios']);
  });
});

describe('hit --client', () => {
  it('is the client of its arm', () => {
    const scenario = scenarioForHit({ url: 'tcp://192.0.2.1:443', client: 'macos' });
    expect(clientsOf(scenario)).toEqual([{ profile: 'macos', knobs: {} }]);
  });
});
