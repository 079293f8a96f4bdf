import { isIP } from 'node:net';
import { EnvironmentError } from '../../errors.ts';
import { whyRefused } from '../../evidence/ping/quiet-ping.ts';
import { isLibcAvailable } from '../../net/index.ts';
import { openPingSocket } from '../../net/ping-socket.ts';
import type { PlannedArm } from '../../worker/protocol.ts';

/**
 * Opens and closes a socket for each endpoint of arms that ping, before any load.
 * @throws EnvironmentError if this machine may not ping, or has no way to an endpoint
 */
export function checkPings(arms: readonly PlannedArm[], open = openPingSocket): void {
  const pinging = arms.filter(({ arm }) => arm.via === 'icmp');
  if (pinging.length > 0 && !isLibcAvailable()) {
    throw new EnvironmentError(
      `arm ${pinging[0]!.arm.name} cannot ping: that needs Linux and the npm package koffi`,
      {
        hint: 'use --via tcp, or install koffi',
      },
    );
  }
  for (const { arm, endpoints, sources } of pinging) {
    for (const { address, family } of endpoints) {
      const socket = open({ address, family, source: sources.find((own) => isIP(own) === family) });
      if (typeof socket !== 'number') socket.close();
      else throw new EnvironmentError(`arm ${arm.name} cannot ping ${address}`, { hint: whyRefused(socket) });
    }
  }
}
