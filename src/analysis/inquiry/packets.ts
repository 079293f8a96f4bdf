import type { Arm, SocketOptions } from '../../scenario/types.ts';
import { hold, type Kit, likeBase, phases, rate, sendsRequests } from './arms.ts';

/** More than a segment of Ethernet has room for (1,460 bytes): what lets short packets pass and no long ones meets one of them. */
const FILL_BYTES = 1_600;

/** What every host has to take (RFC 9293 section 3.7.1). */
const SMALL_MSS = 536;

/** IP_TOS of expedited forwarding (RFC 3246). */
const EF_TOS = 0xb8;

/** Long requests, and the same with another MSS alone, and another DSCP alone. */
export function otherPackets(kit: Kit, share: number, forSec: number): Arm[] {
  return longRequests(kit, share, forSec, [
    ['large', {}],
    ['small-mss', { mss: SMALL_MSS }],
    otherClass(kit),
  ]);
}

/** What needs both to pass: neither alone would show it. */
export function bothAtOnce(kit: Kit, share: number, forSec: number): Arm[] {
  const [name, options] = otherClass(kit);
  return longRequests(kit, share, forSec, [[`small-mss-${name}`, { ...options, mss: SMALL_MSS }]]);
}

/** EF where the base has no class, none where it has one. */
function otherClass({ base }: Kit): [name: string, options: SocketOptions] {
  return (base.socket.tos ?? 0) >> 2 === 0 ? ['dscp-ef', { tos: EF_TOS }] : ['no-dscp', { tos: 0 }];
}

function longRequests(
  kit: Kit,
  share: number,
  forSec: number,
  arms: readonly (readonly [name: string, options: SocketOptions])[],
): Arm[] {
  const { choosesPackets, base } = kit;
  if (!choosesPackets || !sendsRequests(kit)) return [];
  const load = phases(hold(rate(kit, share), forSec));
  const headers = [...base.request.headers, ['X-Fill', 'x'.repeat(FILL_BYTES)] as const];
  return arms.map(([name, options]) =>
    likeBase(kit, name, load, {
      ...closedHere(kit),
      request: { ...base.request, headers },
      socket: { ...base.socket, ...options },
    }),
  );
}

/**
 * What follows a response at once, as the far end's FIN does, makes a lost one come again soon (RFC 8985); by itself it comes a timer
 * later, which shows.
 */
export function closedHere({ base }: Kit): Partial<Pick<Arm, 'close'>> {
  return base.close === 'peer' ? { close: 'fin' } : {};
}
