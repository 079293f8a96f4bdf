import { expect, it } from 'vitest';
import { listNegotiateArms } from '../../src/engine/auth/negotiate-arms.ts';
import { toEngineArm } from '../../src/worker/arm-plan.ts';
import { scenarioOf } from '../scenario/support.ts';

it.each([
  ['www.example.org.', 'www.example.org'],
  ['[fe80::1%25eth0]', 'fe80::1'],
])('neither zone nor trailing dot reach the name that TLS asks for: %s', (host, name) => {
  const [arm] = scenarioOf(`  x: { target: "https://${host}/", load: { concurrency: 1, attempts: 1 } }`).arms;
  expect(toEngineArm({ arm: arm!, endpoints: [], sources: [] }).tls?.serverName).toBe(name);
});

it('nor does the dot reach the name of a Kerberos service, written or not', async () => {
  const auth = (service: string) => `auth: { scheme: negotiate ${service} }`;
  const { arms } = scenarioOf(
    [
      `  x: { proxy: "proxy.example.:3128", load: { concurrency: 1, attempts: 1 }, ${auth('')} }`,
      `  y: { load: { concurrency: 1, attempts: 1 }, ${auth(', service: HTTP@vip.example.')} }`,
    ].join('\n'),
  );
  expect((await listNegotiateArms(arms)).map(({ service }) => service)).toEqual([
    'HTTP@proxy.example',
    'HTTP@vip.example',
  ]);
});
