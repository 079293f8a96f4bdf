import type { Arm } from '../../../src/scenario/types.ts';
import { port } from './paths.ts';
import type { Fate, Path } from './world.ts';

/** Faults that look like others: none is a cause by itself, or each looks like another one. */

/** Always the same 5-tuples, whatever is sent on them: a dead member of an aggregate, a dead path of several. */
export function deadShare(of: number): Path {
  return { syn: ({ tuple }) => (hash(tuple) % of === 0 ? 'drop' : 'pass') };
}

/** FNV-1a, and a last mix (murmur3's). */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const char of text) sum = Math.imul(sum ^ char.charCodeAt(0), 0x01000193);
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  return (sum ^ (sum >>> 13)) >>> 0;
}

/** So many new connections to one port in each window, whatever is closed. */
export function window(most: number, everySec: number): Path {
  let [from, count] = [0, 0];
  return {
    syn(syn) {
      if (port(syn) !== '3128') return 'pass';
      if (syn.atSec >= from + everySec) [from, count] = [syn.atSec, 0];
      if (count >= most) return 'drop';
      count += 1;
      return 'pass';
    },
  };
}

/** So many new connections, then a block for a time. */
export function blockAfter(most: number, forSec: number, fate: Fate = 'drop'): Path {
  let [count, until] = [0, 0];
  return {
    syn({ atSec }) {
      if (atSec < until) return fate;
      count += 1;
      if (count < most) return 'pass';
      [count, until] = [0, atSec + forSec];
      return 'pass';
    },
  };
}

/** The firewall itself remembers a connection for so long after its close, and drops another SYN of it. */
export function heldByFirewall(forSec: number): Path {
  return {
    syn: ({ arm, restedSec, copy }) =>
      arm.close !== 'reset' && restedSec !== null && restedSec + copy < forSec ? 'drop' : 'pass',
  };
}

/** Full at a number, open again only at a lower one. */
export function hysteresis(high: number, low: number): Path {
  let [open, isShut] = [0, false];
  return {
    syn() {
      if (open >= high) isShut = true;
      if (isShut) return 'drop';
      open += 1;
      return 'pass';
    },
    closed() {
      open -= 1;
      if (open <= low) isShut = false;
    },
  };
}

/** A radio that is bad for a while, and then loses most of all packets (Gilbert). */
export function gilbert(random: () => number): Path {
  const isBad = Array.from({ length: 4_000 }, () => false);
  for (let slot = 1; slot < isBad.length; slot += 1) isBad[slot] = random() < (isBad[slot - 1] ? 0.7 : 0.01);
  const loses = (atSec: number): boolean => isBad[Math.floor(atSec * 20) % isBad.length]! && random() < 0.7;
  return { syn: ({ atSec }) => (loses(atSec) ? 'drop' : 'pass'), losesRequest: ({ atSec }) => loses(atSec) };
}

/** A policer of packets of any kind: requests and SYNs take from the same bucket. */
export function policer(perSec: number, burst: number): Path {
  let [tokens, lastSec] = [burst, 0];
  const take = (atSec: number): boolean => {
    tokens = Math.min(burst, tokens + Math.max(0, atSec - lastSec) * perSec);
    lastSec = Math.max(lastSec, atSec);
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
  return { syn: ({ atSec }) => (take(atSec) ? 'pass' : 'drop'), losesRequest: ({ atSec }) => !take(atSec) };
}

/** A far end that stands still now and then, whose queue holds one: SYN and last ACK, a round trip apart, meet it by themselves. */
export function standsStill(share: number, rttSec: number, random: () => number): Path {
  return {
    ...{ rttSec, syn: () => (random() < share ? 'drop' : 'pass'), losesRequest: () => random() < share },
  };
}

/** Each of these arms only. */
export function inArms(names: readonly string[], path: Path): Path {
  const is = (arm: Arm): boolean => names.includes(arm.name);
  return { ...path, syn: (syn) => (is(syn.arm) ? (path.syn?.(syn) ?? 'pass') : 'pass') };
}
