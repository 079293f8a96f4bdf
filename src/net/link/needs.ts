import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import { formatAdding } from '../../optional.ts';
import { isLibcAvailable } from '../load.ts';

/** include/uapi/linux/capability.h */
const BITS = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;

export type Capability = keyof typeof BITS;

/** What each capability is for. */
const PURPOSES: Readonly<Record<Capability, string>> = {
  CAP_NET_RAW: 'to send and receive its own packets',
  CAP_NET_ADMIN: 'to hide its packets from the kernel',
};

/** Gives both permanently, to everything that this Node runs. */
export const SETCAP = 'sudo setcap cap_net_raw,cap_net_admin+ep "$(readlink -f "$(command -v node)")"';

/** Gives the first alone, which is enough to capture. */
export const SETCAP_RAW = 'sudo setcap cap_net_raw+ep "$(readlink -f "$(command -v node)")"';

export const CAPABILITY_HINT: string = `run it with sudo, or give Node the capabilities: ${SETCAP} (every script that any user runs with this node then has them; sudo setcap -r with the same path removes them)`;

/** Whether this thread has a capability, according to /proc. In a container the kernel may still refuse. */
export function hasCapability(capability: Capability): boolean {
  try {
    const status = readFileSync('/proc/thread-self/status', 'latin1');
    const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
    return ((effective >> BigInt(BITS[capability])) & 1n) === 1n;
  } catch {
    return false;
  }
}

/** @throws EnvironmentError saying how to get it, if this process lacks it */
export function checkCapability(capability: Capability): void {
  if (hasCapability(capability)) return;
  throw new EnvironmentError(`the packet engine needs ${capability}, ${PURPOSES[capability]}`, {
    hint: CAPABILITY_HINT,
  });
}

/** @throws EnvironmentError unless this is Linux and koffi is available */
export function checkPlatform(): void {
  if (process.platform !== 'linux') {
    throw new EnvironmentError(`the packet engine needs Linux; this is ${process.platform}`, {
      hint: 'remove --engine packet, or run it in a Linux virtual machine with a bridged network',
    });
  }
  if (isLibcAvailable()) return;
  throw new EnvironmentError(
    `the packet engine needs the npm package koffi, which is not available for ${process.platform}-${process.arch}`,
    { hint: `add it: ${formatAdding({ names: ['koffi'] })}` },
  );
}
