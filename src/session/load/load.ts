import { readHostFacts } from '../../doctor/read-host-facts.ts';
import type { HostFacts } from '../../doctor/types.ts';
import type { EngineName } from '../../engine/names.ts';
import { ENGINES } from '../../engine/registry.ts';
import { countHost, type HostSecond } from '../../evidence/counters/count-host.ts';
import { farNet } from '../../evidence/counters/far-net.ts';
import { openQueues } from '../../evidence/counters/read-queues.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { NatInfo } from '../../store/run-info.ts';
import type { RunFacts } from '../../store/session-create.ts';
import type { FromWorker, PlannedArm } from '../../worker/protocol.ts';
import type { ArmOutline, RunListener, RunOptions } from '../types.ts';
import type { Undo } from '../undo.ts';
import { checkPings } from './check-pings.ts';
import { readCredentials } from './credentials.ts';
import { createDeferred } from './deferred.ts';
import { chooseEngine } from './engine-choice.ts';
import type { ShardGroup } from './executor.ts';
import type { FarWitness } from './far-witness.ts';
import { readLocalNetwork } from './local-network.ts';
import { describeLinks, describeSources, outlineArm, scheduleUs } from './outline.ts';
import { setClientTimestamps } from './packets/client-timestamps.ts';
import { fitLinks, openPackets, watchLinks } from './packets/open-packets.ts';
import { askByPackets, createPacketProbe } from './packets/packet-probe.ts';
import { checkPortPreservation, combine } from './port-preservation.ts';
import { checkOverlaps, checkSources } from './preflight.ts';
import { resolveArms } from './resolve.ts';
import { planShards } from './shards.ts';
import { checkReachable } from './start-check.ts';
import { describeSynSchedule } from './syn-schedule.ts';
import { holdTcpMetrics, type TcpMetrics } from './tcp-metrics.ts';
import { setTcpTimestamps } from './tcp-timestamps.ts';
import { executeInThreads } from './thread-executor.ts';
import type { TakenTokens } from './token-mint.ts';
import { openTokenSource } from './token-source.ts';
import { readVersions } from './versions.ts';

/** How long the start waits for the stocks of tokens to fill: if the KDC is slower, the run itself shows it. */
const FILL_MS = 10_000;

/** Limit of open files to assume if it is not known. */
const DEFAULT_DESCRIPTORS = 1_024;

const WITHOUT_KOFFI =
  'the npm package koffi is not available on this machine: rushhour uses the portable engine, which detects stalls by time only';

const METRICS_AS_FOUND =
  'the kernel reuses what earlier connections learnt about these destinations (net.ipv4.tcp_no_metrics_save, ip tcp_metrics: only root can change them): after a lost SYN-ACK, later connections may wait seconds instead of 0.2 s before they resend a lost request';

const PORTS_UNCHECKED =
  'with the packet engine, a sweep does not check whether a NAT on the path keeps source ports: run rushhour peer on the far host and give --peer, or run it with --engine raw once to find out, because nothing can collide if it does not';

export interface LoadOptions extends Pick<RunOptions, 'workers' | 'engine' | 'share'> {
  /** Its far end has an address. */
  readonly scenario: Scenario;
  /** False: load is sent even if no endpoint answers, because the results are to show that. */
  readonly asksFirst: boolean;
  /** Names of arms that are sent to what may well not answer, so that a silent one is no reason to send nothing; default: none. */
  readonly controls?: readonly string[];
  /** Whether attempts are noted whose packets are to be looked at; default: no. */
  readonly notes?: boolean;
  /** A peer on the far host, if there is one. */
  readonly witness?: FarWitness;
}

/** Threads that are ready to start: names resolved, credentials read, tokens in stock. */
export interface Load {
  readonly engine: EngineName;
  readonly readsTcpInfo: boolean;
  /** Attempts that the threads made on loopback beforehand. */
  readonly rehearsed: number;
  readonly arms: readonly PlannedArm[];
  readonly outlines: readonly ArmOutline[];
  readonly host: HostFacts;
  readonly nat: NatInfo | undefined;
  /** Undefined if the system keeps none, for an embedded far end, and on loopback. */
  readonly tcpMetrics: TcpMetrics | undefined;
  /** Undefined if only a count limits it. */
  readonly durationUs: number | undefined;
  /** @param atEpochMs second 0 of every frame; milliseconds since 1970 */
  start(atEpochMs: number, receive: (message: FromWorker) => void): void;
  /**
   * `drain`: start no more attempts and let open ones settle. `abort`: end everything now. May be called repeatedly.
   */
  stop(how: 'drain' | 'abort'): void;
  /** Resolves once every shard is done; rejects with the first error of one. */
  readonly finished: Promise<void>;
  /** Tokens made since the last call. */
  takeTokens(): TakenTokens | undefined;
  /** What the kernel counted since the last call. */
  takeHostSecond(): HostSecond;
}

/**
 * Prepares everything that the load needs: names, permission, credentials, a check whether endpoints answer, threads.
 * @param undo receives the functions that end all this
 * @throws EnvironmentError if something that the load needs is missing
 */
export async function openLoad(
  { scenario, workers, asksFirst, controls = [], notes = false, witness, ...options }: LoadOptions,
  listener: RunListener,
  undo: Undo,
): Promise<Load> {
  const warn = (message: string): void => listener.warning?.(message);
  const engine = chooseEngine(options.engine, process.platform, scenario.arms);
  const network = readLocalNetwork();
  const resolved = await resolveArms(scenario, { warn, network });
  await listener.approve?.({ arms: resolved.map(outlineArm) });
  const isByPackets = engine === 'packet';
  const { tcpTimestamps } = scenario;
  const able = await readCredentials(resolved);
  const known =
    isByPackets && tcpTimestamps !== undefined
      ? able.map((planned) => setClientTimestamps(planned, tcpTimestamps))
      : able;
  if (tcpTimestamps !== undefined && !isByPackets) undo.push(await setTcpTimestamps(tcpTimestamps));
  const held =
    scenario.farEnd === 'embedded' || isByPackets
      ? undefined
      : await holdTcpMetrics(resolved.flatMap(({ endpoints }) => endpoints.map(({ address }) => address)));
  if (held !== undefined) undo.push(() => held.restore());
  if (held?.metrics === 'as-found') warn(METRICS_AS_FOUND);
  const host = await readHostFacts();
  checkSources(known, host);
  const lost = createDeferred<never>();
  lost.promise.catch(() => undefined);
  const ready = isByPackets ? await openPackets(known, { network, warn, onLost: lost.reject }, undo) : known;
  checkOverlaps(ready);
  const links = isByPackets ? watchLinks(ready, { warn, onLost: lost.reject }, undo) : undefined;
  checkPings(ready);
  const probe = isByPackets ? createPacketProbe(await ENGINES.packet.load(), ready) : undefined;
  const reached = await checkReachable(ready, {
    ...{ warn, mayRefuse: asksFirst, controls },
    ...(probe && { probe }),
  });
  const arms = reached.map((planned, index) => fitLinks(planned, ready[index]!));
  const tokens = await openTokenSource(arms, warn);
  if (tokens !== undefined) undo.push(() => tokens.close());
  // Only a peer sees packets that no far end answers with what it saw.
  const isChecked = !isByPackets || witness !== undefined;
  const sweeps = isChecked ? arms.filter(isSweep) : [];
  const checking = { witness, ...(probe === undefined ? {} : { ask: askByPackets(probe) }) };
  const nat = combine(await Promise.all(sweeps.map((arm) => checkPortPreservation(arm, checking))));
  if (!isChecked && arms.some(isSweep)) warn(PORTS_UNCHECKED);
  if (nat !== undefined && nat.ports !== 'preserved') warn(formatNat(nat));

  if (host.platform === 'linux' && host.packages?.koffi === false) warn(WITHOUT_KOFFI);
  const plans = planShards(arms, engine, workers, host.fdLimit.soft ?? DEFAULT_DESCRIPTORS, {
    notes,
    ...(options.share && { share: options.share }),
  });
  let readsTcpInfo = true;
  let rehearsed = 0;
  let receive: (message: FromWorker) => void = () => {};
  const shards: ShardGroup = executeInThreads(plans, (message) => {
    if (message.kind === 'ready') {
      readsTcpInfo = readsTcpInfo && message.readsTcpInfo;
      rehearsed += message.rehearsed;
    }
    if (message.kind === 'tokens-wanted') tokens?.want(message, shards.sendTo);
    receive(message);
  });
  undo.push(() => shards.close());
  await shards.ready;
  await tokens?.served(FILL_MS);
  const finished = Promise.race([shards.finished, lost.promise]);
  const takeCounts = countHost({ far: farNet(), readQueues: openQueues() });
  // The caller that starts the load receives this.
  finished.catch(() => undefined);
  return {
    ...{ engine, readsTcpInfo, rehearsed, arms, host, nat },
    outlines: arms.map(outlineArm),
    tcpMetrics: held?.metrics,
    durationUs: scheduleUs(arms),
    start(atEpochMs, receiver) {
      receive = receiver;
      shards.send({ kind: 'start', atEpochMs });
    },
    stop(how) {
      shards.send({ kind: 'stop', how });
    },
    finished,
    takeTokens: () => tokens?.take(),
    takeHostSecond: () => {
      const linkLossSec = links?.takeLostSec() ?? 0;
      return { ...takeCounts(), ...(linkLossSec > 0 && { linkLossSec }) };
    },
  };
}

/** What run.json records about a load. */
export function describeLoad(
  load: Load,
  options: Pick<RunOptions, 'scenario' | 'label' | 'workers' | 'command'>,
  startsAtMs: number,
): RunFacts {
  const { engine, host, nat, outlines } = load;
  const { scenario, label, workers, command } = options;
  const links = describeLinks(load.arms);
  return {
    ...{ scenario, label, engine, workers, command, host },
    ...(load.rehearsed === 0 ? {} : { rehearsed: load.rehearsed }),
    startedAt: new Date(startsAtMs).toISOString(),
    stallsByTcpInfo: load.readsTcpInfo,
    endpoints: Object.fromEntries(outlines.map(({ name, endpoints }) => [name, endpoints])),
    sources: describeSources(load.arms),
    ...(links === undefined ? {} : { links }),
    ...(nat === undefined ? {} : { nat }),
    ...(load.tcpMetrics === undefined ? {} : { tcpMetrics: load.tcpMetrics }),
    ...describeSynSchedule(host, scenario),
    versions: readVersions(),
  };
}

function isSweep({ arm }: PlannedArm): boolean {
  return arm.load.kind === 'sweep';
}

function formatNat({ ports, because }: NatInfo): string {
  switch (ports) {
    case 'reassigned':
      return `the NAT on the path does not keep source ports (${because}): the sweep cannot show anything`;
    case 'apart':
      return `the source addresses are translated to different external ones (${because}): nothing can collide, so the sweep cannot show anything`;
    default:
      return `it is unknown whether the NAT on the path keeps source ports: ${because}`;
  }
}
