import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import type { probeEndpoint } from '../../../doctor/probe.ts';
import { checkedPort } from '../../../engine/packet/flows.ts';
import type { AttemptRecord, CreateEngine, EngineArm } from '../../../engine/types.ts';
import { tickerOf } from '../../../net/ticker.ts';
import type { PlannedArm } from '../../../worker/protocol.ts';
import type { AskFarEnd } from '../ask-far-end.ts';

type Probe = typeof probeEndpoint;
type Answer = Awaited<ReturnType<Probe>>;

/** As long as the kernel's probes of a connection may take. */
const TIMEOUT_US = 5_000_000;
const LOOK_EVERY_MS = 1;

/**
 * Opens and resets one connection by packets, from the same source as the arm: a connection of the kernel's would come
 * from another address, or the guard would drop its packets.
 * @param planned the arm, ready for the packet engine
 */
export function createPacketProbe(createEngine: CreateEngine, planned: readonly PlannedArm[]): Probe {
  return async (address, port, { signal, source, sourcePort } = {}) => {
    const startedMs = performance.now();
    const isSame = (one: PlannedArm): boolean =>
      one.packets !== undefined &&
      (source === undefined || one.sources.includes(source)) &&
      one.endpoints.some((endpoint) => endpoint.address === address && endpoint.port === port);
    const known = planned.find(isSame);
    if (known === undefined) return { address, answer: 'unreachable', us: 0 };
    const arm = toArm(known, address, port, source);
    const ownPort = arm.holdsTogether === true ? checkedPort(arm.packets!.ports) : sourcePort;
    const record = await connectOnce(createEngine, arm, ownPort ?? 0, signal);
    return { address, ...readAnswer(record), us: Math.round((performance.now() - startedMs) * 1_000) };
  };
}

/** Opens connections by packets for whom a peer tells what arrived; one after the other. */
export function askByPackets(probe: Probe): AskFarEnd {
  let before: Promise<unknown> = Promise.resolve();
  return (_arm, { address, port }, source, sourcePort) => {
    const asked = before.then(() => probe(address, port, { source, sourcePort }));
    before = asked.catch(() => undefined);
    return asked.then(({ answer }) => ({ isAnswered: answer === 'connected', seen: undefined }));
  };
}

function toArm(planned: PlannedArm, address: string, port: number, source: string | undefined): EngineArm {
  const index = planned.endpoints.findIndex((one) => one.address === address && one.port === port);
  const { client, links, ports } = planned.packets!;
  return {
    endpoints: [planned.endpoints[index]!],
    sources: [source ?? planned.sources[0]!],
    close: 'reset',
    handshakeTimeoutUs: TIMEOUT_US,
    responseTimeoutUs: TIMEOUT_US,
    holdUs: 0,
    socket: {},
    ...(planned.arm.holdsTogether && { holdsTogether: true }),
    // The last ports, which the load uses last; or the one that a load whose connections are counted uses first.
    packets: {
      client,
      links: [links[index]!],
      ports: planned.arm.holdsTogether ? ports.slice(0, 1) : ports.slice(-1),
    },
  };
}

async function connectOnce(
  createEngine: CreateEngine,
  arm: EngineArm,
  sourcePort: number,
  signal: AbortSignal | undefined,
): Promise<AttemptRecord | undefined> {
  const clock = tickerOf(() => Math.floor(performance.now() * 1_000));
  let settled: AttemptRecord | undefined;
  const engine = createEngine({
    arms: [arm],
    observer: {
      established: () => undefined,
      settled: (record) => {
        settled = { ...record };
      },
    },
    clock,
    maxOpen: 1,
  });
  try {
    clock.tick();
    engine.start(0, 0, { intendedAtUs: clock.us[0]! }, 0, sourcePort);
    while (settled === undefined && signal?.aborted !== true) {
      engine.poll(0);
      await sleep(LOOK_EVERY_MS);
    }
    return settled;
  } finally {
    if (settled === undefined) engine.abort();
    engine.close();
  }
}

function readAnswer(record: AttemptRecord | undefined): Pick<Answer, 'answer' | 'code'> {
  if (record === undefined) return { answer: 'unreachable' };
  if (record.establishedAtUs >= 0) return { answer: 'connected' };
  if (record.cause === 'timeout') return { answer: 'silent' };
  const code = record.errno > 0 ? getSystemErrorName(-record.errno) : record.cause;
  return code === 'ECONNREFUSED' ? { answer: 'refused' } : { answer: 'unreachable', code };
}
