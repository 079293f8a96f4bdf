import { NearCapture } from '../../evidence/near/near-capture.ts';
import { whyNoCapture } from '../../evidence/near/why-no-capture.ts';
import { NOTED_KINDS } from '../../metrics/noted.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import type { SynMark } from './far-witness.ts';
import { formatEndpoint } from './resolve.ts';

/** An attempt has so long to be looked for. */
const HORIZON_US = 10_000_000;

/** Captures the SYNs that leave this machine. */
export interface OwnSyns {
  /** Of the latest one from this port; undefined: none was seen. */
  find(port: number): SynMark | undefined;
  stop(): void;
}

/** @returns undefined where packets cannot be captured */
export function watchOwnSyns({ arm, endpoints }: PlannedArm): OwnSyns | undefined {
  if (whyNoCapture() !== undefined) return undefined;
  try {
    const near = new NearCapture({
      arms: [{ name: arm.name, endpoints: endpoints.map(withName), sources: [] }],
      horizonUs: HORIZON_US,
      onLost: () => undefined,
    });
    near.start(Date.now());
    return {
      find(port) {
        const [kept] = near.look(
          Float64Array.of(0, 0, -1, port, 0, 0, NOTED_KINDS.indexOf('healthy'), 0, 0),
        ).kept;
        const syn = kept?.evidence.packets.find(({ way, kind }) => way === 'out' && kind === 'syn');
        return syn === undefined ? undefined : { isn: syn.seq, timestamp: syn.options?.timestamp ?? -1 };
      },
      stop: () => near.stop(),
    };
  } catch {
    // Whatever the kernel refuses: ports alone then tell.
    return undefined;
  }
}

function withName(endpoint: PlannedArm['endpoints'][number]) {
  const { address, port } = endpoint;
  return { address, port, name: formatEndpoint(endpoint) };
}
