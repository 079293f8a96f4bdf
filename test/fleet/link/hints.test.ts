import { nkeys } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { connectFleet } from '../../../src/fleet/connect.ts';
import type { ProxyRoute } from '../../../src/fleet/link/proxy.ts';
import { freePort } from '../../peers/peer.ts';

const hintOf = async (host: string, proxy?: ProxyRoute): Promise<unknown> => {
  const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
  const servers = [`tls://${host}:${await freePort()}`];
  const asOperator = { role: { kind: 'operator' } as const, servers, seed, ca: 'none' };
  return connectFleet(asOperator, { isPatient: false, proxy }).then(
    () => 'connected',
    (error: { hint?: string }) => error.hint,
  );
};

it('of a server that is not reached say what to look at', async () => {
  expect(await hintOf('127.0.0.1')).toBe('is "rushhour fleet up" running there?');
  // Too long for a label of a name (RFC 1035 section 2.3.4): no resolver is asked.
  expect(await hintOf(`${'a'.repeat(64)}.invalid`)).toMatch(/^this machine cannot resolve the name: /);
  const proxy = { host: '127.0.0.1', port: await freePort() };
  expect(await hintOf('127.0.0.1', proxy)).toMatch(/^the server was not reached: see that --server-proxy /);
});
