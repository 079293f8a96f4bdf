import { compileRequest } from '../engine/http/request.ts';
import type { EngineArm } from '../engine/types.ts';
import type { RecordedArm } from '../metrics/recorder.ts';
import { createPacer, type Pacer } from '../plan/pacer.ts';
import type { PlannedArm } from './protocol.ts';

/** The engine's view of a planned arm. */
export function toEngineArm({ arm, endpoints }: PlannedArm): EngineArm {
  const request = compileRequest(arm);
  const { tos, mss, synCount, bind } = arm.socket;
  return {
    endpoints,
    sources: bind,
    ...(request === undefined ? {} : { request }),
    close: arm.close,
    handshakeTimeoutUs: arm.handshakeTimeoutUs,
    responseTimeoutUs: arm.responseTimeoutUs,
    holdUs: arm.holdUs,
    socket: {
      ...(tos === undefined ? {} : { tos }),
      ...(mss === undefined ? {} : { mss }),
      ...(synCount === undefined ? {} : { synCount }),
    },
  };
}

/** The recorder's view of a planned arm. */
export function toRecordedArm({ arm, endpoints }: PlannedArm): RecordedArm {
  return {
    name: arm.name,
    stallAfterUs: arm.stallAfterUs,
    expect: arm.expect,
    endpoints: endpoints.map(({ address, port, family }) =>
      family === 6 ? `[${address}]:${port}` : `${address}:${port}`,
    ),
    sources: arm.socket.bind,
  };
}

/** The pacer of an open-loop arm; undefined for a closed loop, which has no schedule. */
export function pacerOf({ arm }: PlannedArm): Pacer | undefined {
  return arm.load.kind === 'open' ? createPacer(arm.load) : undefined;
}
