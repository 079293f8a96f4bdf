import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FarEnd, startFarEnd } from '../../../src/lab/far-end/start.ts';
import { checkPortPreservation, combine, judge } from '../../../src/session/load/port-preservation.ts';
import { resolveArms } from '../../../src/session/load/resolve.ts';
import { scenarioOf } from '../../scenario/support.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

/** Two source addresses in turn. */
const sourceOf = (index: number): string => `10.0.0.${1 + (index % 2)}`;

/** @param externalOf what the far end sees instead of a source address */
const answers = (kept: number, changed: number, silent = 0, externalOf = (_source: string) => '192.0.2.1') =>
  judge(
    [
      ...Array.from({ length: kept }, (_, index) => ({ port: 100 + index, seen: 100 + index })),
      ...Array.from({ length: changed }, (_, index) => ({ port: 200 + index, seen: 5_000 + index })),
      ...Array.from({ length: silent }, (_, index) => ({ port: 300 + index, seen: undefined })),
    ].map(({ port, seen }, index) => {
      const source = sourceOf(index);
      return {
        ...{ source, port },
        seen: seen === undefined ? undefined : { address: externalOf(source), port: seen },
      };
    }),
  );

describe('what the far end saw of source ports', () => {
  it('says that they are kept, even where one was taken', () => {
    expect(answers(8, 0)).toEqual({
      ports: 'preserved',
      because: 'the far end saw 8 of 8 connections with the source port that they were bound to',
    });
    expect(answers(6, 2).ports).toBe('preserved');
  });

  it('says that they are not', () => {
    expect(answers(0, 8).ports).toBe('reassigned');
    expect(answers(5, 3).ports).toBe('reassigned');
  });

  it('says that a pair cannot collide where each source leaves by an external address of its own', () => {
    const apart = answers(8, 0, 0, (source) => source.replace('10.0.0', '192.0.2'));
    expect(apart).toEqual({
      ports: 'apart',
      because: 'the far end saw 10.0.0.1 as 192.0.2.1; the far end saw 10.0.0.2 as 192.0.2.2',
    });
    expect(combine([answers(8, 0), apart])).toBe(apart);
    let turn = 0;
    expect(answers(8, 0, 0, () => `192.0.2.${++turn % 3}`).ports, 'a pool of addresses for all').toBe(
      'preserved',
    );
  });

  it('says nothing where too few were answered', () => {
    expect(answers(3, 0, 5).ports).toBe('unknown');
    expect(answers(4, 0, 4).ports).toBe('preserved');
  });

  it('of several sweeps is the least favourable', () => {
    expect(combine([answers(8, 0), answers(0, 0, 8), answers(0, 8)])?.ports).toBe('reassigned');
    expect(combine([answers(8, 0), answers(0, 0, 8)])?.ports).toBe('unknown');
    expect(combine([])).toBeUndefined();
  });
});

suiteNeeding('asking the far end for the ports that it sees', ['linux'], () => {
  let farEnd: FarEnd;
  /** As a NAT that reassigns ports would make the far end answer. */
  const liar = createServer((_, response) => {
    const headers = { 'X-Rushhour-Peer': '192.0.2.1:7', 'X-Rushhour-Role': 'origin', Connection: 'close' };
    response.writeHead(200, headers).end();
  });
  const stranger = createServer((_, response) => {
    response.writeHead(200, { Connection: 'close' }).end();
  });
  beforeAll(async () => {
    farEnd = await startFarEnd();
    for (const server of [liar, stranger]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
  });
  afterAll(async () => {
    liar.close();
    stranger.close();
    await farEnd.stop();
  });

  const check = async (arm: string, ports = '24000-24099') => {
    const source = `source: { addresses: [127.0.0.2, 127.0.0.3], ports: ${ports} }`;
    const [planned] = await resolveArms(
      scenarioOf(`  x: { ${arm}, ${source}, load: { sweep: { delays: [1s], pairs: 5 } } }`),
    );
    return checkPortPreservation(planned!);
  };
  const direct = (port: number) => `via: direct, target: "http://127.0.0.1:${port}/"`;

  it('finds that two addresses without a NAT cannot collide, directly and through the proxy', async () => {
    expect((await check(direct(farEnd.origin.port))).ports).toBe('apart');
    const proxied = `via: proxy, proxy: "127.0.0.1:${farEnd.proxy.port}", target: "http://127.0.0.1:${farEnd.origin.port}/"`;
    expect(await check(proxied, '24100-24199')).toMatchObject({
      ports: 'apart',
      because: 'the far end saw 127.0.0.2 as 127.0.0.2; the far end saw 127.0.0.3 as 127.0.0.3',
    });
  });

  it('finds them reassigned where others arrive', async () => {
    expect((await check(direct((liar.address() as AddressInfo).port))).ports).toBe('reassigned');
  });

  it('does not know where the far end does not tell, or no port is to spare', async () => {
    expect((await check(direct((stranger.address() as AddressInfo).port))).ports).toBe('unknown');
    expect(await check(direct(farEnd.origin.port), '24200-24211')).toEqual({
      ports: 'unknown',
      because: 'source.ports has fewer than 8 spare ports for this check',
    });
  });

  it('asks from ports that the sweep itself does not use', async () => {
    const seen: number[] = [];
    const watcher = (_: unknown, response: { socket: { remotePort?: number } | null }): void => {
      seen.push(response.socket?.remotePort ?? 0);
    };
    stranger.on('request', watcher);
    await check(direct((stranger.address() as AddressInfo).port), '24300-24399');
    stranger.off('request', watcher);
    expect(seen.sort()).toEqual([92, 93, 94, 95, 96, 97, 98, 99].map((last) => 24_300 + last));
  });
});
