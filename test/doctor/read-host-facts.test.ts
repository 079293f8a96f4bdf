import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { probeEndpoint, probeScenario } from '../../src/doctor/probe.ts';
import { parseFdLimits } from '../../src/doctor/read.ts';
import { readHostFacts } from '../../src/doctor/read-host-facts.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { armAt, scenarioOf } from './facts.ts';

describe('parseFdLimits', () => {
  it('reads both limits, and none where there is no limit or no text', () => {
    const text = (soft: string, hard: string): string =>
      `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                 ${hard}              files\nMax locked memory         1 2 bytes`;
    expect(parseFdLimits(text('1024', '524288'))).toEqual({ soft: 1_024, hard: 524_288 });
    expect(parseFdLimits(text('unlimited', 'unlimited'))).toEqual({ soft: null, hard: null });
    expect(parseFdLimits('')).toEqual({ soft: null, hard: null });
  });
});

suiteNeeding('readHostFacts on Linux', ['linux'], () => {
  it('agrees with what the shell says', async () => {
    const facts = await readHostFacts();
    const shell = (command: string): string =>
      execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim();
    expect(facts.kernel).toBe(shell('uname -r'));
    expect(facts.fdLimit.hard).toBe(Number(shell('ulimit -Hn')));
    expect(facts.sysctls['net.ipv4.ip_local_port_range']?.split(' ')).toEqual(
      shell('cat /proc/sys/net/ipv4/ip_local_port_range').split(/\s+/),
    );
    expect(facts.sysctls['net.ipv4.tcp_timestamps']).toBe(shell('cat /proc/sys/net/ipv4/tcp_timestamps'));
    expect(facts.addresses).toContain('127.0.0.1');
  });

  it('is plain JSON, for run.json', async () => {
    const facts = await readHostFacts();
    expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  });
});

describe('probing a peer', () => {
  it('tells one that answers from one that refuses', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const answering = await probeEndpoint('127.0.0.1', port);
    await new Promise((resolve) => server.close(resolve));
    const closed = await probeEndpoint('127.0.0.1', port);
    expect([answering.answer, closed.answer]).toEqual(['connected', 'refused']);
    expect(answering.us).toBeGreaterThan(0);
  });

  it('asks once for arms with the same peer, and about the proxy where there is one', async () => {
    const server = createServer((socket) => socket.destroy());
    let connections = 0;
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const proxied = { via: 'proxy', proxy: { host: '127.0.0.1', port } } as const;
    const found = await probeScenario(
      scenarioOf(armAt({ name: 'a', ...proxied }), armAt({ name: 'b', ...proxied })),
    );
    await new Promise((resolve) => server.close(resolve));
    expect(found).toMatchObject([
      { arm: 'a', host: '127.0.0.1', port, endpoints: [{ answer: 'connected' }] },
    ]);
    expect(connections).toBe(1);
  });

  it('says that a name does not resolve, and asks nothing with the embedded far end', async () => {
    const nowhere = armAt({ target: { scheme: 'http', host: 'nowhere.invalid', port: 80, path: '/' } });
    const [facts] = await probeScenario(scenarioOf(nowhere));
    expect(facts?.resolveError).toContain('nowhere.invalid');
    expect(facts?.endpoints).toEqual([]);
    expect(await probeScenario({ ...scenarioOf(nowhere), farEnd: 'embedded' })).toEqual([]);
  });
});
