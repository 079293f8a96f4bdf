import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectFleet } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { expectWhole } from '../expect-whole.ts';
import { FleetOfCommands, freePort } from '../fleet-of-commands.ts';
import { itKeepsPermissions } from '../permissions.ts';
import { itBearsTheLossOfItsLeader } from './lose-leader.ts';

/** What every nats-server has to do for a fleet, by one that is newer than Debian 12's: all other tests run with that. */
suiteNeeding('a current nats-server', ['linux', '.cache/nats-server-2.15.1/usr/sbin/nats-server'], () => {
  let before: string | undefined;
  beforeAll(() => {
    before = process.env['PATH'];
    const current = join(import.meta.dirname, '../../../.cache/nats-server-2.15.1/usr/sbin');
    process.env['PATH'] = `${current}${delimiter}${before}`;
  });
  afterAll(() => {
    process.env['PATH'] = before;
  });

  itKeepsPermissions();
  itBearsTheLossOfItsLeader();

  describe('run by "rushhour fleet up"', () => {
    let fleet: FleetOfCommands;
    beforeEach(async () => {
      fleet = await FleetOfCommands.make({ a: '', b: '' });
    });
    afterEach(() => fleet.close());

    it('carries a run of one probe by WebSocket and of another by a token, until that is revoked', async () => {
      const [web, port] = [await freePort(), fleet.port];
      const ports = ['--port', String(port), '--websocket-port', String(web)];
      await fleet.says(fleet.start(['fleet', 'up', ...ports, '--probe', 'a']), 'press Ctrl-C');
      const file = (name: string): string => join(fleet.dir, name);
      const own = await readCredentials(file('fleet/credentials/a.json'));
      const role = own.role.kind === 'probe' ? own.role.id : own.role.kind;
      expect([role, own.servers]).toEqual(['a', [`tls://127.0.0.1:${port}`, `wss://127.0.0.1:${web}`]]);
      const written = JSON.parse(readFileSync(file('fleet/credentials/a.json'), 'utf8'));
      writeFileSync(file('a.json'), JSON.stringify({ ...written, servers: own.servers.slice(1) }), {
        mode: 0o600,
      });
      const token = (await fleet.call('fleet', 'enroll', 'b')).out.trim();
      const enrolled = await fleet.call('probe', '--enroll', token, '--credentials', 'b.json');
      expect(enrolled.code).toBe(0);
      for (const id of ['a', 'b'])
        fleet.start(['probe', '--credentials', `${id}.json`, '--policy', `${id}.yaml`, '--results', id]);
      await fleet.present('a', 'b');
      const run = await fleet.call('fleet', 'run', 'quickstart', '--rate', '20', '-t', '2s', '--json');
      expectWhole(run);
      const { id } = JSON.parse(run.out);
      for (const probe of ['a', 'b']) {
        const { own: recorded, copy } = fleet.bothOf(probe, id);
        expect(copy).toEqual(recorded);
      }
      expect(await fleet.call('fleet', 'rm', id)).toMatchObject({
        ...{ code: 0, err: '', out: expect.stringMatching(/: \d+ messages removed from the server\n$/) },
      });
      expect((await fleet.call('fleet', 'revoke', 'b')).code).toBe(0);
      await expect(connectFleet(await readCredentials(file('b.json')), { isPatient: false })).rejects.toThrow(
        /the server refuses the credentials of/,
      );
      const operator = await readCredentials(file('fleet/credentials/operator.json'));
      const { connection } = await connectFleet(operator, { isPatient: false });
      expect(connection.info?.version).toBe('2.15.1');
      await connection.close();
    });
  });
});
