import type { ClientSpec } from '../../scenario/types.ts';
import { connectOnly, hold, type Kit, phases } from './arms.ts';
import type { Built, Seen } from './types.ts';

/** Seconds in which each kind of SYN is sent often enough to be told from the others. */
const FOR_SEC = 14;
const LEAST_SEC = 6;

/** From the last start to the end of an arm: a handshake that is given up. */
const TAIL_SEC = 6;

/**
 * SYNs of one client that differ in one thing each, and those of other systems. What firewalls are known to drop: Windows for its
 * lack of timestamps, ECN (RFC 3168 section 6.1.1.1), Fast Open (RFC 7413 section 7.1).
 */
const CLIENTS: readonly (readonly [name: string, client: ClientSpec])[] = [
  ['client-linux', { profile: 'linux-6', knobs: {} }],
  ['client-no-timestamps', { profile: 'linux-6', knobs: { timestamps: false } }],
  ['client-ecn', { profile: 'linux-6', knobs: { ecn: 'ecn' } }],
  ['client-fast-open', { profile: 'linux-6', knobs: { fastOpen: true } }],
  ['client-windows', { profile: 'windows-11', knobs: {} }],
  ['client-macos', { profile: 'macos', knobs: {} }],
];

/** All at the same time, by packets; they only connect. */
export function buildClients(kit: Kit, { leftSec }: Seen): Built {
  if (kit.imitates.needs !== undefined) return { needs: kit.imitates.needs };
  const forSec = Math.floor(Math.min(FOR_SEC, leftSec - TAIL_SEC));
  if (forSec < LEAST_SEC) return { needs: 'more time (--duration)' };
  const load = phases(hold((kit.ratePerSec * 0.9) / CLIENTS.length, forSec));
  const { mss: _, tos: __, ...socket } = kit.base.socket;
  // Their ports are the engine's to choose: those that the kernel gives to no socket.
  const plain = { ...kit, choosesPackets: false, base: { ...kit.base, socket } };
  return { arms: CLIENTS.map(([name, client]) => connectOnly(plain, name, load, { client })) };
}
