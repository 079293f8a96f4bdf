import { compileContent } from '../engine/http/content-rule.ts';
import { compileRequest, compileTunnel } from '../engine/http/request.ts';
import type { EngineArm, EngineTls } from '../engine/types.ts';
import type { RecordedArm } from '../metrics/recorder.ts';
import { createCursor, createPacer, type Pacer, type PacerCursor } from '../plan/pacer.ts';
import { planSweep, type SweepPair, sweepShare } from '../plan/sweep.ts';
import { multiplyRates } from '../scenario/adjust.ts';
import { serverNameOf } from '../scenario/host-names.ts';
import type { SweepLoad } from '../scenario/load-types.ts';
import type { PortRange } from '../scenario/units.ts';
import { toEngineAuth } from './credentials.ts';
import type { LoadShare, PlannedArm, ShardPlan } from './protocol.ts';
import type { TokenStock } from './token-stock.ts';

/**
 * The engine's view of a planned arm.
 * @param stock for an arm with Negotiate
 */
export function toEngineArm(planned: PlannedArm, stock?: TokenStock): EngineArm {
  const { arm, endpoints, sources } = planned;
  const request = compileRequest(arm);
  const tunnel = compileTunnel(arm);
  const auth = toEngineAuth(planned, stock);
  const tls = toEngineTls(planned);
  const content = arm.expect.kind === 'status' ? arm.expect.content : undefined;
  const { bind: _, ...socket } = arm.socket;
  return {
    endpoints,
    sources,
    ...(request === undefined ? {} : { request }),
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(auth === undefined ? {} : { auth }),
    ...(content === undefined ? {} : { content: compileContent(content) }),
    ...(tls === undefined ? {} : { tls }),
    close: arm.close,
    handshakeTimeoutUs: arm.handshakeTimeoutUs,
    responseTimeoutUs: arm.responseTimeoutUs,
    holdUs: arm.holdUs,
    ...(arm.holdsTogether && { holdsTogether: true }),
    ...(arm.proveUs === undefined ? {} : { proveUs: arm.proveUs }),
    socket,
    ...(planned.packets === undefined ? {} : { packets: planned.packets }),
  };
}

function toEngineTls({ arm, ca }: PlannedArm): EngineTls | undefined {
  if (arm.tls === undefined) return undefined;
  const { serverName, insecure, minVersion, resumption } = arm.tls;
  return {
    serverName: serverNameOf(serverName ?? arm.target.host),
    ...(ca === undefined ? {} : { ca }),
    insecure,
    minVersion: minVersion === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    resumption,
  };
}

/** The recorder's view of a planned arm. */
export function toRecordedArm({ arm, endpoints, sources }: PlannedArm): RecordedArm {
  return {
    name: arm.name,
    stallAfterUs: arm.stallAfterUs,
    expect: arm.expect,
    endpoints: endpoints.map(({ address, port, family }) =>
      family === 6 ? `[${address}]:${port}` : `${address}:${port}`,
    ),
    sources,
    ...(arm.load.kind === 'sweep' ? { sweepDelaysUs: arm.load.delaysUs } : {}),
    ...(isSoonOver(arm) ? { isSoonOver: true } : {}),
    ...(arm.load.kind === 'closed' ? { isUndue: true as const } : {}),
    ...(arm.load.kind === 'browsers' ? { isOfBrowsers: true as const } : {}),
  };
}

/**
 * The pacer of an open-loop arm, over the load of all machines that share it; undefined for a closed loop, which has no
 * schedule.
 */
export function pacerOf({ arm }: PlannedArm, share: LoadShare = ALONE): Pacer | undefined {
  return arm.load.kind === 'open' ? createPacer(multiplyRates(arm.load, share.count)) : undefined;
}

/** This shard's attempts, of those of all shards of all machines. */
export function cursorOf(pacer: Pacer, { index, count, share = ALONE }: ShardPlan): PacerCursor {
  return createCursor(pacer, share.index + share.count * index, share.count * count);
}

const ALONE: LoadShare = { index: 0, count: 1 };

/** This shard's pairs of a sweep. */
export function sweepOf(
  { ports = [] }: PlannedArm,
  load: SweepLoad,
  index: number,
  count: number,
): readonly SweepPair[] {
  return sweepShare(planSweep(load, listPorts(ports)), index, count);
}

/** Every port of these ranges, in their order. */
export function listPorts(ranges: readonly PortRange[]): number[] {
  return ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

function isSoonOver({ expect, holdUs, load }: PlannedArm['arm']): boolean {
  return expect.kind === 'status' && holdUs === 0 && load.kind !== 'browsers';
}
