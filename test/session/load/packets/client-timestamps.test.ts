import { expect, it } from 'vitest';
import { clientOf } from '../../../../src/scenario/client.ts';
import type { Arm } from '../../../../src/scenario/types.ts';
import { setClientTimestamps } from '../../../../src/session/load/packets/client-timestamps.ts';
import { armOf } from '../../../analysis/parts.ts';

it.each<[string, Partial<Arm>, 'on' | 'off', boolean]>([
  ['the default client, which has them', {}, 'off', false],
  ['a client without', { client: { profile: 'windows-11', knobs: {} } }, 'on', true],
  ['a client without', { client: { profile: 'windows-11', knobs: { ttl: 60 } } }, 'off', false],
  ['one that has its own say', { client: { profile: 'linux-6', knobs: { timestamps: true } } }, 'off', true],
])('tcpTimestamps decides for packets as for sockets: %s', (_, own, wanted, expected) => {
  const planned = { arm: armOf(own), endpoints: [], sources: [] };
  const { arm } = setClientTimestamps(planned, wanted);
  expect(clientOf(arm).synOptions.includes('timestamps')).toBe(expected);
  expect(arm.client?.knobs.ttl).toBe(own.client?.knobs.ttl);
});
