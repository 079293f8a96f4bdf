import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { probeEndpoint } from '../../../src/doctor/probe.ts';
import { EnvironmentError } from '../../../src/errors.ts';
import { askAgain, TRIES } from '../../../src/session/load/ask-again.ts';
import { resolveArms } from '../../../src/session/load/resolve.ts';
import { checkReachable } from '../../../src/session/load/start-check.ts';
import type { PlannedArm } from '../../../src/worker/protocol.ts';
import { scenarioOf } from '../../scenario/support.ts';
import { findClosedPort } from '../../support/servers.ts';

const armsTo = (port: number, besides = ''): Promise<PlannedArm[]> =>
  resolveArms(
    scenarioOf(`  x: { proxy: "127.0.0.1:${port}", load: { concurrency: 1, attempts: 1 } ${besides} }`),
  );

const NOTHING = (message: string): void => {
  throw new Error(`warned: ${message}`);
};

describe('the start check', () => {
  it('goes on where the first tries were refused, as by a firewall that resets one SYN in ten', async () => {
    const port = await findClosedPort();
    const server = createServer((socket) => socket.destroy());
    const answers: string[] = [];
    await checkReachable(await armsTo(port), {
      warn: NOTHING,
      probe: async (...asked) => {
        const probed = await probeEndpoint(...asked);
        answers.push(probed.answer);
        if (answers.length === 2) await once(server.listen(port, '127.0.0.1'), 'listening');
        return probed;
      },
    });
    await closed(server);
    expect(answers).toEqual(['refused', 'refused', 'connected']);
  });

  it.each([
    ['', 'closed'],
    [', via: tcp, hold: together', 'ECONNRESET'],
    [', source: { ports: 40000-40009 }', 'ECONNRESET'],
  ])('resets its connection if those of the load are counted, or name their ports: nothing holds one (%s)', async (besides, ends) => {
    const ended: (string | undefined)[] = [];
    const server = createServer((socket) => {
      socket.once('error', ({ code }: NodeJS.ErrnoException) => ended.push(code));
      socket.once('end', () => ended.push('closed'));
      socket.resume();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const target = `target: "tcp://127.0.0.1:${port}"`;
    const load = 'load: [{ hold: { rate: 10/s, for: 1s } }]';
    const arm = !besides.includes('via: tcp') ? `proxy: "127.0.0.1:${port}"` : target;
    await checkReachable(await resolveArms(scenarioOf(`  x: { ${arm}, ${load} ${besides} }`)), {
      warn: NOTHING,
    });
    await closed(server);
    expect(ended).toEqual([ends]);
  });

  it('leaves one connection in the log of a proxy that answers, though two arms go through it', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    await checkReachable([...(await armsTo(port)), ...(await armsTo(port))], { warn: NOTHING });
    await closed(server);
    expect(connections).toBe(1);
  });

  it.each([
    [
      { conntrackDrops: 25 },
      /this machine itself dropped 25 packets because its conntrack table is full/,
      /-F$/,
    ],
    [
      { localDrops: 5 },
      /this machine itself dropped 5 of the segments that it retransmitted/,
      /nft list ruleset/,
    ],
    [{}, /the proxy does not answer/, /^start it/],
  ])('says where it was this machine that dropped the tries: %j', async (drops, said, hint) => {
    const check = checkReachable(await armsTo(await findClosedPort()), {
      warn: NOTHING,
      takeDrops: () => drops,
    });
    await expect(check).rejects.toMatchObject({
      message: expect.stringMatching(said),
      hint: expect.stringMatching(hint),
    });
  });

  it('refuses a run where no try is answered, and says what became of them', async () => {
    const port = await findClosedPort();
    const check = checkReachable(await armsTo(port), { warn: NOTHING });
    await expect(check).rejects.toBeInstanceOf(EnvironmentError);
    await expect(check).rejects.toThrow(`does not answer: 127.0.0.1:${port} (refused ${TRIES} times)`);
    await checkReachable(await armsTo(port, ', via: tcp, target: tcp://127.0.0.1:9, expect: refused'), {
      warn: NOTHING,
    });
  });

  it.each([
    [
      'attempts',
      'concurrency: 1, attempts: 1',
      'its share of the attempts will fail (--addresses first avoids it)',
    ],
    ['browsers', 'browsers: 1, for: 1s', 'browsers turn to the next one where it is their first'],
  ])('warns of one address of several that does not answer %s', async (_who, load, what) => {
    const [arm] = await resolveArms(
      scenarioOf(`  x: { proxy: "127.0.0.1:3128", target: "http://127.0.0.1/", load: { ${load} } }`),
    );
    const endpoints = ['192.0.2.1', '192.0.2.2'].map(
      (address) => ({ address, port: 3128, family: 4 }) as const,
    );
    const warnings: string[] = [];
    await checkReachable([{ ...arm!, endpoints }], {
      warn: (message) => warnings.push(message),
      probe: async (address) => ({
        address,
        answer: address === '192.0.2.1' ? 'connected' : 'refused',
        us: 1,
      }),
    });
    expect(warnings).toEqual([`arm x: 192.0.2.2:3128 (refused ${TRIES} times) does not answer; ${what}`]);
  });

  it('warns where nothing answers a control: that may be what is ill', async () => {
    const port = await findClosedPort();
    const warnings: string[] = [];
    const arms = await armsTo(port);
    const checked = await checkReachable(arms, {
      warn: (message) => warnings.push(message),
      controls: ['x'],
    });
    expect(checked).toEqual(arms);
    expect(warnings).toEqual([
      `arm x: 127.0.0.1:${port} (refused ${TRIES} times) does not answer; the run goes on, as this may be what is ill`,
    ]);
  });
});

describe('an arm that takes the first address that answers', () => {
  const endpointsOf = (...addresses: string[]): PlannedArm['endpoints'] =>
    addresses.map((address) => ({ address, port: 3128, family: address.includes(':') ? 6 : 4 }));

  it('is left with that one, and says so of those before it', async () => {
    const [arm] = await armsTo(3128, ', addresses: first');
    const warnings: string[] = [];
    const [checked] = await checkReachable(
      [{ ...arm!, endpoints: endpointsOf('fd77::2', '192.0.2.2', '192.0.2.3') }],
      {
        warn: (message) => warnings.push(message),
        probe: async (address) => ({
          address,
          answer: address === 'fd77::2' ? 'silent' : 'connected',
          us: 1,
        }),
      },
    );
    expect(checked?.endpoints).toEqual(endpointsOf('192.0.2.2'));
    expect(warnings).toEqual([
      `arm x: [fd77::2]:3128 (silent ${TRIES} times) does not answer; attempts use 192.0.2.2:3128`,
    ]);
  });

  it('chooses likewise where nobody has to answer, as in a later stretch of a soak', async () => {
    const [arm] = await armsTo(3128, ', addresses: first');
    const check = (answers: readonly string[]) =>
      checkReachable([{ ...arm!, endpoints: endpointsOf('192.0.2.2', '192.0.2.3') }], {
        warn: () => {},
        mayRefuse: false,
        probe: async (address) => ({
          address,
          answer: answers.includes(address) ? 'connected' : 'refused',
          us: 1,
        }),
      });
    expect((await check(['192.0.2.3']))[0]?.endpoints).toEqual(endpointsOf('192.0.2.3'));
    expect((await check([]))[0]?.endpoints).toEqual(endpointsOf('192.0.2.2'));
  });
});

describe('where the start check asks from', () => {
  it('is where the arm will connect from, and a port of its own where no other is answered', async () => {
    const [arm] = await armsTo(3128, ', source: { addresses: 127.0.0.1, ports: 30000-30099 }');
    const asked: object[] = [];
    const check = checkReachable([arm!], {
      warn: NOTHING,
      probe: async (address, _port, { source, sourcePort } = {}) => {
        asked.push({ source, sourcePort });
        return { address, answer: 'unreachable', code: 'EADDRNOTAVAIL', us: 1 };
      },
    });
    await expect(check).rejects.toThrow(`(unreachable ${TRIES} times: EADDRNOTAVAIL)`);
    expect(asked).toEqual([
      ...Array(3).fill({ source: '127.0.0.1', sourcePort: undefined }),
      ...[4, 5].map((nth) => ({ source: '127.0.0.1', sourcePort: 30_099 - nth })),
    ]);
  });
});

describe('asking again', () => {
  it('gives a try that hangs company, and ends it once another is answered', async () => {
    const ended: number[] = [];
    const ask = (nth: number, signal: AbortSignal): Promise<number> =>
      new Promise((resolve) => {
        if (nth === 3) resolve(nth);
        else signal.addEventListener('abort', () => resolve(ended.push(nth)));
      });
    expect(await askAgain(ask, (nth) => nth === 3, { companyAfterMs: 1, pauseMs: 1 })).toEqual([3]);
    expect(ended).toEqual([1, 2]);
  });

  it('hands on a fault of the asking itself', async () => {
    const ask = (): Promise<never> => Promise.reject(new TypeError('broken'));
    await expect(askAgain(ask, () => true)).rejects.toThrow('broken');
  });
});

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
