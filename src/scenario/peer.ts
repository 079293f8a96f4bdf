import type { Arm, HostPort } from './types.ts';

/** What an arm connects to: its proxy, or the target itself. */
export function peerOf(arm: Arm): HostPort {
  return arm.via === 'proxy' && arm.proxy !== undefined ? arm.proxy : arm.target;
}
