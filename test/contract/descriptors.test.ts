import { describe, expect, it } from 'vitest';
import { armTo, countOutcomes } from '../support/arms.ts';
import { driveChild } from '../support/drive-child.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { startPeer } from '../support/servers.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { times } from './attempts.ts';

/** More than Node itself needs to run a module, fewer than the attempts. */
const LIMIT = 64;
const ATTEMPTS = 100;

suiteNeeding('too few descriptors', ['linux', 'sh'], () => {
  describe.each(SOCKET_ENGINES)('%s engine', (engine) => {
    it('tells attempts that got no descriptor, and finishes the others', async () => {
      const peer = await startPeer({});
      const prefix = ['sh', '-c', `ulimit -n ${LIMIT} && exec "$@"`, 'sh'] as const;
      const driven = await driveChild(prefix, engine, {
        arms: [armTo(peer, { responseTimeoutUs: 1_000_000 })],
        starts: times(ATTEMPTS),
      });
      expect(driven.faults).toEqual([]);
      const { 'response-timeout': finished = 0, ...others } = countOutcomes(driven.records);
      expect(finished).toBeGreaterThan(10);
      expect(others).toEqual({ 'local-fd-exhausted': ATTEMPTS - finished });
      expect(peer.seen).toHaveLength(finished);
    });
  });
});
