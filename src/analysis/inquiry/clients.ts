import type { ClientSpec } from '../../scenario/types.ts';
import { connectOnly, hold, type Kit, phases, rate, within } from './arms.ts';
import { PortSlices } from './ports.ts';
import type { Built, Seen } from './types.ts';

/** Seconds in which each kind of SYN is sent often enough to be told from the others. */
const FOR_SEC = 14;
const LEAST_SEC = 6;

/**
 * Below the ports of all other arms, whose connections something on the way may still hold, and below those that the kernel gives to
 * sockets that name none (ip-sysctl.rst: 32768 to 60999).
 */
const FIRST_PORT = 10_000;
const PORT_COUNT = 10_000;

/**
 * SYNs of one client that differ in one thing each, and those of other systems. What firewalls are known to drop: Windows for its
 * lack of timestamps, ECN (RFC 3168 section 6.1.1.1), Fast Open (RFC 7413 section 7.1). The plain ones come first and last, so that
 * the source ports of each other kind lie between those of plain ones: a rule by ports would hit one of these as well.
 */
const CLIENTS: readonly (readonly [name: string, client: ClientSpec])[] = [
  ['client-linux', { profile: 'linux-6', knobs: {} }],
  ['client-no-timestamps', { profile: 'linux-6', knobs: { timestamps: false } }],
  ['client-ecn', { profile: 'linux-6', knobs: { ecn: 'ecn' } }],
  ['client-fast-open', { profile: 'linux-6', knobs: { fastOpen: true } }],
  ['client-windows', { profile: 'windows-11', knobs: {} }],
  ['client-macos', { profile: 'macos', knobs: {} }],
  ['client-linux-again', { profile: 'linux-6', knobs: {} }],
];

/** All at the same time, by packets; they only connect. */
export function buildClients(kit: Kit, { leftSec }: Seen): Built {
  if (kit.imitates.needs !== undefined) return { needs: kit.imitates.needs };
  const forSec = within(FOR_SEC, leftSec);
  if (forSec < LEAST_SEC) return { needs: 'more time (--duration)' };
  const load = phases(hold(rate(kit, 0.9 / CLIENTS.length), forSec));
  const { mss: _, tos: __, ...socket } = kit.base.socket;
  // Where in them it begins differs from run to run, as the others' does.
  const at = (kit.slices.take(1)?.from ?? 0) / PORT_COUNT;
  // Not so near the end that some would come before the first.
  const slices = new PortSlices((at % 1) * 0.8, FIRST_PORT, PORT_COUNT);
  const plain = { ...kit, slices, base: { ...kit.base, socket } };
  return { arms: CLIENTS.map(([name, client]) => connectOnly(plain, name, load, { client })) };
}
