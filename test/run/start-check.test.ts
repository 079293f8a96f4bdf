import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { probeEndpoint } from '../../src/doctor/probe.ts';
import { EnvironmentError } from '../../src/errors.ts';
import { askAgain, TRIES } from '../../src/run/ask-again.ts';
import { resolveArms } from '../../src/run/resolve.ts';
import { checkReachable } from '../../src/run/start-check.ts';
import type { PlannedArm } from '../../src/worker/protocol.ts';
import { scenarioOf } from '../scenario/support.ts';
import { findClosedPort } from '../support/servers.ts';

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
    await checkReachable(await armsTo(port), NOTHING, async (...asked) => {
      const probed = await probeEndpoint(...asked);
      answers.push(probed.answer);
      if (answers.length === 2) await once(server.listen(port, '127.0.0.1'), 'listening');
      return probed;
    });
    await closed(server);
    expect(answers).toEqual(['refused', 'refused', 'connected']);
  });

  it('leaves one connection in the log of a proxy that answers, though two arms go through it', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    await checkReachable([...(await armsTo(port)), ...(await armsTo(port))], NOTHING);
    await closed(server);
    expect(connections).toBe(1);
  });

  it('refuses a run where no try is answered, and says what became of them', async () => {
    const port = await findClosedPort();
    const check = checkReachable(await armsTo(port), NOTHING);
    await expect(check).rejects.toBeInstanceOf(EnvironmentError);
    await expect(check).rejects.toThrow(`does not answer: 127.0.0.1:${port} (refused ${TRIES} times)`);
    await checkReachable(
      await armsTo(port, ', via: tcp, target: tcp://127.0.0.1:9, expect: refused'),
      NOTHING,
    );
  });

  it('warns of one address of several that does not answer', async () => {
    const [arm] = await armsTo(3128);
    const endpoints = ['192.0.2.1', '192.0.2.2'].map(
      (address) => ({ address, port: 3128, family: 4 }) as const,
    );
    const warnings: string[] = [];
    await checkReachable(
      [{ ...arm!, endpoints }],
      (message) => warnings.push(message),
      async (address) => ({ address, answer: address === '192.0.2.1' ? 'connected' : 'refused', us: 1 }),
    );
    expect(warnings).toEqual([
      `arm x: 192.0.2.2:3128 (refused ${TRIES} times) does not answer; its share of the attempts will fail`,
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
