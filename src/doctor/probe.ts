import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { peersOf } from '../scenario/peer.ts';
import type { Arm, HostPort, Scenario } from '../scenario/types.ts';
import type { ReachFacts } from './types.ts';

/** Long enough for a first and a second SYN retransmission on the path under test (RFC 6298: 1 s, 3 s). */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * Checks the path to each arm's peer: resolves its name, opens one connection to every address, and closes it. Arms
 * with the same peer and expectation are checked together. An embedded far end is not running yet, so it is skipped.
 */
export function probeScenario(scenario: Scenario): Promise<ReachFacts[]> {
  if (scenario.farEnd === 'embedded') return Promise.resolve([]);
  const peers = new Map<string, () => Promise<ReachFacts>>();
  for (const arm of scenario.arms) {
    for (const peer of peersOf(arm)) {
      const key = `${peer.host} ${peer.port} ${arm.expect.kind === 'refused'}`;
      if (!peers.has(key)) peers.set(key, () => probePeer(arm, peer));
    }
  }
  return Promise.all([...peers.values()].map((probe) => probe()));
}

async function probePeer(arm: Arm, { host, port }: HostPort): Promise<ReachFacts> {
  const facts = { arm: arm.name, host, port, refusalExpected: arm.expect.kind === 'refused' };
  try {
    const found = await lookup(host, { all: true });
    const addresses = [...new Set(found.map(({ address }) => address))];
    return {
      ...facts,
      endpoints: await Promise.all(addresses.map((address) => probeEndpoint(address, port))),
    };
  } catch (error) {
    return { ...facts, resolveError: error instanceof Error ? error.message : String(error), endpoints: [] };
  }
}

export interface ProbeOptions {
  /** Ends the probe at once, as unreachable. */
  readonly signal?: AbortSignal;
  /** Address to bind; absent: the system chooses. */
  readonly source?: string;
  /** Port to bind; absent: the system chooses. */
  readonly sourcePort?: number;
  /** Close by RST: neither end, nor a firewall between them, then keeps the connection for long. */
  readonly reset?: true;
}

/** Opens and closes one connection; never rejects. */
export function probeEndpoint(
  address: string,
  port: number,
  { signal, source, sourcePort, reset }: ProbeOptions = {},
): Promise<ReachFacts['endpoints'][number]> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({
      ...{ host: address, port, timeout: PROBE_TIMEOUT_MS },
      ...(signal === undefined ? {} : { signal }),
      ...(source === undefined ? {} : { localAddress: source }),
      ...(sourcePort === undefined ? {} : { localPort: sourcePort }),
    });
    const finish = (answer: ReachFacts['endpoints'][number]['answer'], code?: string): void => {
      if (reset === true && answer === 'connected') socket.resetAndDestroy();
      else socket.destroy();
      resolve({
        address,
        answer,
        ...(code === undefined ? {} : { code }),
        us: Math.round((performance.now() - startedAt) * 1_000),
      });
    };
    socket.once('connect', () => finish('connected'));
    socket.once('timeout', () => finish('silent'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const answer = nameAnswer(error.code);
      finish(answer, answer === 'unreachable' ? error.code : undefined);
    });
  });
}

function nameAnswer(code: string | undefined): ReachFacts['endpoints'][number]['answer'] {
  if (code === 'ECONNREFUSED') return 'refused';
  return code === 'ETIMEDOUT' ? 'silent' : 'unreachable';
}
