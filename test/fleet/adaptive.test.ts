import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';
import { FleetOfCommands } from './fleet-of-commands.ts';

suiteNeeding('an order that chooses its arms', ['nats-server'], () => {
  it('is diagnosed on the probe, where the policy allows it', async () => {
    const fleet = await FleetOfCommands.make({ a: 'targets: [127.0.0.1]\nadaptive: true\n' });
    const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      await fleet.up('a');
      fleet.probe('a');
      await fleet.present('a');
      const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      const flags = ['--via', 'direct', '--target', target, '--rate', '40', '-t', '40s'];
      const { running, id } = await fleet.order('diagnose', ...flags);
      await once(running, 'close');
      expect(fleet.said(running).out).toMatch(/^ {2}a +complete /m);
      const folder = join(fleet.dir, 'results', `${id}-a`);
      const info = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
      expect(info.inquiry.stages.length).toBeGreaterThan(0);
      const { diagnosis } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
      expect(diagnosis).toBeDefined();
      fleet.writePolicy('a', 'schema: 1\ntargets: [127.0.0.1]\nrate: 200\nattempts: 5000\n');
      const refused = await fleet.call('fleet', 'run', 'diagnose', ...flags);
      expect(refused.out).toContain(
        'refused by a: the policy does not allow that it chooses its arms itself (adaptive)\n',
      );
    } finally {
      server.close();
      await fleet.close();
    }
  });
});
