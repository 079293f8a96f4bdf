import { expect, it } from 'vitest';
import { describeInUse } from '../../../src/session/host/in-use.ts';
import { armAt } from '../../doctor/facts.ts';

const endpoint = (address: string) => ({ address, port: 3128, family: 4 }) as const;

it('depends on what arms connect to, each once, and on the names of that alone', () => {
  const target = { scheme: 'http', host: 'origin.example', port: 80, path: '/' } as const;
  const proxied = armAt({ via: 'proxy', proxy: { host: 'proxy.example', port: 3128 }, target });
  const direct = armAt({ target: { ...target, host: '198.51.100.7' } });
  expect(
    describeInUse([
      { arm: proxied, endpoints: [endpoint('192.0.2.1'), endpoint('192.0.2.2')], sources: [] },
      { arm: proxied, endpoints: [endpoint('192.0.2.1'), endpoint('192.0.2.3')], sources: ['10.0.0.5'] },
      { arm: direct, endpoints: [endpoint('198.51.100.7')], sources: ['10.0.0.5', '10.0.0.6'] },
    ]),
  ).toEqual({
    endpoints: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '198.51.100.7'],
    unbound: ['192.0.2.1', '192.0.2.2'],
    sources: ['10.0.0.5', '10.0.0.6'],
    names: new Map([['proxy.example', ['192.0.2.1', '192.0.2.2', '192.0.2.3']]]),
  });
});
