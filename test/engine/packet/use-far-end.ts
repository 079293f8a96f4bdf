import { execFileSync } from 'node:child_process';
import { beforeAll } from 'vitest';
import { setNetParameter, useOwnNetwork } from '../../support/own-network.ts';
import { LOOPBACK_GUARD } from '../../support/packets.ts';

/** A network of this file's own, in whose loopback the kernel answers nothing that is sent to this port: the test does. */
export function useFarEndOfPackets(port: number): void {
  useOwnNetwork();
  beforeAll(() => {
    setNetParameter('ipv4.conf.all.route_localnet', 1);
    setNetParameter('ipv4.conf.all.accept_local', 1);
    const input = `${LOOPBACK_GUARD}
      table netdev far { chain ingress { type filter hook ingress device "lo" priority -5; tcp dport ${port} drop; }; }`;
    execFileSync('nft', ['-f', '-'], { input });
  });
}
