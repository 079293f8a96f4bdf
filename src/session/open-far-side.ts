import { EnvironmentError } from '../errors.ts';
import { farNamespace } from '../evidence/counters/far-net.ts';
import { whyNoCapture } from '../evidence/near/why-no-capture.ts';
import { peersOf } from '../scenario/peer.ts';
import { FarSide } from './far-side.ts';
import { readVersions } from './load/versions.ts';
import { MOST_PACKETS_PER_SEC } from './near-side.ts';
import type { RunListener, RunOptions } from './types.ts';

/**
 * Has recorded what arrives at the far side: by the peer, if the user names one; else, for a run in a lab, by this process, wherever
 * the near side is captured.
 * @returns undefined: by nobody
 * @throws EnvironmentError if there is a peer and it cannot be reached, is another, or refuses
 */
export async function openFarSide(
  { peer, soak, scenario }: Pick<RunOptions, 'peer' | 'soak' | 'scenario'>,
  listener: Pick<RunListener, 'warning'>,
  path = farNamespace(),
): Promise<FarSide | undefined> {
  if (peer !== undefined) return FarSide.open(peer, listener);
  const { arms, capture: mode = 'auto', farEnd } = scenario;
  if (path === undefined || soak !== undefined || farEnd === 'embedded') return undefined;
  if (mode === 'off' || whyNoCapture() !== undefined) return undefined;
  try {
    return await FarSide.record(
      {
        path,
        endpoints: arms.flatMap((arm) => (arm.via === 'icmp' ? [] : peersOf(arm))),
        mostPacketsPerSec: mode === 'on' ? undefined : MOST_PACKETS_PER_SEC,
        application: `rushhour ${readVersions().rushhour}`,
      },
      listener,
    );
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    listener.warning?.(`what arrives at the far side is not recorded: ${error.message}`);
    return undefined;
  }
}
