import type { Arm, HostPort } from './types.ts';

/** What an arm connects to: its proxy, or the target itself. */
export function peerOf({ via, proxy, target }: Arm): HostPort {
  return (via === 'proxy' || via === 'tunnel') && proxy !== undefined ? proxy : target;
}

/** Everything that an arm connects to, in the order of use. */
export function peersOf(arm: Arm): readonly HostPort[] {
  return [peerOf(arm), ...(arm.beside ?? [])];
}
