import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSquid } from '../../peers/squid.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FleetOfCommands } from '../fleet-of-commands.ts';

suiteNeeding('an operator behind a proxy', ['nats-server', 'squid'], () => {
  let fleet: FleetOfCommands;
  beforeEach(async () => {
    fleet = await FleetOfCommands.make({});
  });
  afterEach(() => fleet.close());

  it('reaches the server through it with every command, and says why if it cannot', async () => {
    await fleet.up('a');
    const squid = await startSquid({ auth: { scheme: 'basic', users: { me: 'let-me' } } });
    try {
      writeFileSync(join(fleet.dir, 'user'), 'me:let-me\n');
      const way = ['--server-proxy', `127.0.0.1:${squid.port}`];
      const through = [...way, '--server-proxy-user', '@user'];
      const commands = [
        ['fleet', 'ls'],
        ['fleet', 'soak', 'ls'],
        ['fleet', 'enroll', 'b'],
        ['fleet', 'revoke', 'b'],
      ];
      for (const command of commands)
        expect(await fleet.call(...command, ...through)).toMatchObject({ code: 0 });
      // What they do next is refused for its own reason: they have reached the server.
      for (const command of ['follow', 'stop', 'pull'])
        expect((await fleet.call('fleet', command, 'none', ...through)).err).toContain(
          'the server has nothing of a run none',
        );
      const none = await fleet.call('fleet', 'ls', ...way);
      expect(none.code).toBe(5);
      expect(none.err).toContain('it wants credentials (Basic)');
    } finally {
      await squid.stop();
    }
  });
});
