import type { Fate, Path, Syn } from './world.ts';

/** Misbehaviours as DIAGNOSIS' causes have them, for tests: each in a few lines, as a rule of a firewall would be. */

export function port(syn: Syn): string {
  return syn.endpoint.slice(syn.endpoint.lastIndexOf(':') + 1);
}

/** A port is free for others `firewallSec` after its close; the far end holds it for `farSec`, and refuses half of those that come. */
export function reuse(firewallSec: number, farSec: number, random: () => number): Path {
  return {
    syn: ({ restedSec, copy, arm }) =>
      arm.close !== 'reset' &&
      restedSec !== null &&
      restedSec > firewallSec &&
      restedSec + copy < farSec &&
      random() < (copy === 0 ? 0.5 : 0.98)
        ? 'drop'
        : 'pass',
  };
}

/** So many ports for each destination (or for all of them), each resting so long after its close. */
export function pool(
  ports: number,
  restSec: number,
  per: (syn: Syn) => string = (syn) => syn.endpoint,
): Path {
  const used = new Map<string, number>();
  const freeAt = new Map<string, number[]>();
  const settle = (key: string, atSec: number): number => {
    const rest = (freeAt.get(key) ?? []).filter((at) => at > atSec);
    freeAt.set(key, rest);
    return (used.get(key) ?? 0) + rest.length;
  };
  return {
    syn(syn) {
      const key = per(syn);
      if (settle(key, syn.atSec) >= ports) return 'drop';
      used.set(key, (used.get(key) ?? 0) + 1);
      return 'pass';
    },
    closed(syn, atSec) {
      const key = per(syn);
      used.set(key, (used.get(key) ?? 0) - 1);
      freeAt.set(key, [...(freeAt.get(key) ?? []), atSec + restSec]);
    },
  };
}

/** From so many open connections on, the search for a free port fails now and then; the next SYN may find one. */
export function nearlyFull(from: number, share: number, random: () => number): Path {
  let open = 0;
  return {
    syn(syn) {
      if (port(syn) !== '3128') return 'pass';
      if (open >= from && random() < share) return 'drop';
      open += 1;
      return 'pass';
    },
  };
}

/** At most so many open at once. */
export function openLimit(most: number, per?: (syn: Syn) => string, full: Fate = 'drop'): Path {
  const limit = pool(most, 0, per);
  return { ...limit, syn: (syn) => (limit.syn!(syn) === 'pass' ? 'pass' : full) };
}

/** So many SYNs a second, and a burst. */
export function rateLimit(perSec: number, burst: number, full: Fate = 'drop'): Path {
  let tokens = burst;
  let lastSec = 0;
  return {
    syn({ atSec }) {
      tokens = Math.min(burst, tokens + (atSec - lastSec) * perSec);
      lastSec = atSec;
      if (tokens < 1) return full;
      tokens -= 1;
      return 'pass';
    },
  };
}

/** Drops every SYN for a while once there were more within a second than it stands, then none for a while, and stays alert above a lower rate. */
export function defence(highPerSec: number, lowPerSec: number, onSec: number, offSec: number): Path {
  let recent: number[] = [];
  let firedAtSec = Number.NEGATIVE_INFINITY;
  return {
    syn({ atSec }) {
      const since = atSec - firedAtSec;
      if (since < onSec) return 'drop';
      recent = [...recent.filter((other) => atSec - other < 1), atSec];
      if (since < onSec + offSec) return 'pass';
      const isAlert = since < onSec + offSec + 1;
      if (recent.length <= (isAlert ? lowPerSec : highPerSec)) return 'pass';
      firedAtSec = atSec;
      return 'drop';
    },
  };
}

/** Nothing between these times. */
export function away(
  stretches: readonly (readonly [fromSec: number, toSec: number])[],
  fate: Fate = 'drop',
): Path {
  return {
    syn: ({ atSec }) => (stretches.some(([from, to]) => atSec >= from && atSec < to) ? fate : 'pass'),
  };
}

/** Each packet is lost by the same chance. */
export function lossy(share: number, random: () => number): Path {
  return { syn: () => (random() < share ? 'drop' : 'pass'), losesRequest: () => random() < share };
}

/** Both at once. */
export function together(...paths: readonly Path[]): Path {
  return {
    syn(syn) {
      for (const path of paths) {
        const fate = path.syn?.(syn) ?? 'pass';
        if (fate !== 'pass') return fate;
      }
      return 'pass';
    },
    closed: (syn, atSec) => {
      for (const path of paths) path.closed?.(syn, atSec);
    },
    losesRequest: (syn) => paths.some((path) => path.losesRequest?.(syn) ?? false),
  };
}
