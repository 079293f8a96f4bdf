import type { Evidence, PacketSeen } from '../../metrics/evidence.ts';
import type { FarAttempt, FarPacket } from '../../metrics/far.ts';

/** A rung of the ladder. */
export interface LadderStep {
  /** By this machine's clock, since the first SYN. */
  readonly atUs: number;
  readonly way: 'out' | 'in';
  /** As this machine saw it; undefined: the far side alone did. */
  readonly near: PacketSeen | undefined;
  readonly far: FarPacket | undefined;
  /**
   * `unknown`: what became of it is not seen from here; `crossed`: both sides have it, or it came to this one; `lost`: one side sent it, and
   * the other never saw it; `invented`: it came here, and the far side never sent it.
   */
  readonly fate: 'unknown' | 'crossed' | 'lost' | 'invented';
}

/** Packets of an attempt as both sides saw them, in order; as this machine did where nothing is known of the far one. */
export function ladderSteps({ packets }: Evidence, far?: FarAttempt): LadderStep[] {
  const isKnown = far !== undefined && far.fate !== 'unmatched';
  const left = new Set(isKnown ? far.packets : []);
  const invented: string[] = isKnown ? [...far.invented] : [];
  let copies = 0;
  const steps = packets.map((near): LadderStep => {
    const { atUs, way, kind } = near;
    const step = (fate: LadderStep['fate'], other?: FarPacket): LadderStep => ({
      ...{ atUs, way, near, far: other, fate },
    });
    if (!isKnown) return step(way === 'out' ? 'unknown' : 'crossed');
    if (way === 'out') {
      if (kind !== 'syn') return step('unknown');
      const copy = far.syns[copies];
      copies += 1;
      if (copy === undefined) return step('unknown');
      if (copy.arrivedAtUs === null) return step('lost');
      return step(
        'crossed',
        take(left, (one) => one.kind === 'syn' && one.atUs === copy.arrivedAtUs),
      );
    }
    const isInvented = invented.indexOf(kind);
    if (isInvented >= 0) {
      invented.splice(isInvented, 1);
      return step('invented');
    }
    return step(
      'crossed',
      take(left, (one) => one.kind === kind && one.way === 'out' && one.isSeenNear),
    );
  });
  for (const one of left)
    if (!one.isSeenNear)
      steps.push({
        ...{ atUs: one.atUs, way: one.way === 'in' ? 'out' : 'in', near: undefined, far: one },
        fate: one.way === 'in' ? 'crossed' : 'lost',
      });
  return steps.sort((a, b) => a.atUs - b.atUs);
}

function take(left: Set<FarPacket>, is: (one: FarPacket) => boolean): FarPacket | undefined {
  for (const one of left) {
    if (!is(one)) continue;
    left.delete(one);
    return one;
  }
  return undefined;
}
