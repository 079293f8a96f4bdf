import { expect, it } from 'vitest';
import { BrowserPorts } from '../../src/worker/browser-ports.ts';
import { recordOf, refusedLocally } from '../metrics/attempts.ts';
import { armOf, scenarioOf } from '../scenario/support.ts';

const SOURCES = ['192.0.2.1', '192.0.2.2'];
const PORTS = [{ from: 100, to: 103 }];

function open(source: string, shard = 0, shards = 1): BrowserPorts | undefined {
  const arm = armOf(scenarioOf(`  x: { load: { browsers: 1, for: 1s }, source: ${source} }`), 'x');
  return BrowserPorts.open({ arm, endpoints: [], sources: SOURCES, ports: PORTS }, shard, shards);
}

const closed = (source: number, sourcePort: number, endedAtUs: number) =>
  recordOf({ source, sourcePort, endedAtUs, tcpOptions: 1 });

function takeAll(ports: BrowserPorts, source: number, nowUs = 0): number[] {
  const taken: number[] = [];
  while (ports.hasFree(source, nowUs)) taken.push(ports.take(source, nowUs).port);
  return taken;
}

it('leaves ports to the system where the arm names none', () => {
  expect(open('{ addresses: all }')).toBe(undefined);
});

it('gives each address all ports of this share, each once', () => {
  const shares = [0, 1].map((shard) => open('{ ports: 100-103 }', shard, 2)!);
  const taken = SOURCES.map((_, source) => shares.map((ports) => takeAll(ports, source)));
  for (const [even, odd] of taken) {
    expect([...even!].sort()).toEqual([100, 102]);
    expect([...odd!].sort()).toEqual([101, 103]);
  }
});

it('has each address begin elsewhere: a firewall that keeps ports could not keep the same one for two', () => {
  const ports = open('{ ports: 100-103, order: sequential }')!;
  expect(SOURCES.map((_, source) => takeAll(ports, source))).toEqual([
    [100, 101, 102, 103],
    [102, 103, 100, 101],
  ]);
});

it('tells how long a port has rested, at its address and at any', () => {
  const ports = open('{ ports: 100-103, order: sequential }')!;
  expect(ports.take(0, 0)).toEqual({ port: 100, age: { portUs: -1, sourceUs: -1 } });
  ports.release(closed(0, 100, 1_000_000), 'ok');
  expect([101, 102, 103].map(() => ports.take(0, 1_500_000).port)).toEqual([101, 102, 103]);
  expect(ports.take(0, 3_000_000)).toEqual({ port: 100, age: { portUs: 2_000_000, sourceUs: 2_000_000 } });
  expect([102, 103].map(() => ports.take(1, 3_000_000).port)).toEqual([102, 103]);
  expect(ports.take(1, 4_000_000)).toEqual({ port: 100, age: { portUs: 3_000_000, sourceUs: -1 } });
});

it('gives a port back at the address that had it, and counts only what was open as a use', () => {
  const ports = open('{ ports: 100-103, order: sequential }')!;
  for (const source of [0, 1]) takeAll(ports, source);
  ports.release(closed(1, 100, 1_000_000), 'ok');
  expect([0, 1].map((source) => ports.hasFree(source, 2_000_000))).toEqual([false, true]);
  const unsent = { ...refusedLocally('EMFILE'), source: 1, sourcePort: 101, endedAtUs: 1_000_000 };
  ports.release(unsent, 'local-fd-exhausted');
  expect(ports.take(1, 2_000_000)).toEqual({ port: 100, age: { portUs: 1_000_000, sourceUs: 1_000_000 } });
  expect(ports.take(1, 2_000_000)).toEqual({ port: 101, age: { portUs: -1, sourceUs: -1 } });
});

it('leaves a port alone for a minute that something else holds', () => {
  const ports = open('{ ports: 100-103 }')!;
  takeAll(ports, 0);
  ports.release(
    { ...refusedLocally('EADDRINUSE'), source: 0, sourcePort: 101, endedAtUs: 0 },
    'local-port-in-use',
  );
  expect(ports.hasFree(0, 59_000_000)).toBe(false);
  expect(ports.hasFree(0, 61_000_000)).toBe(true);
});
