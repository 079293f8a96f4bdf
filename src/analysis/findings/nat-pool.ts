import { loadDurationUs } from '../../scenario/load-shape.ts';
import type { Arm } from '../../scenario/types.ts';
import type { ArmSummary, Finding } from '../types.ts';

/** Fewer frozen handshakes than this are loss and no wall. */
const FEWEST_FROZEN = 20;

/** A control below this share of stalls is clean. */
const CLEAN_RATE = 0.01;

interface ArmResult {
  readonly arm: Arm;
  readonly summary: ArmSummary;
}

/**
 * How many ports a NAT has towards one destination: as many connections as could be open at once, where all that were
 * opened stayed open until the last had been tried.
 */
export function findNatPool(results: readonly ArmResult[]): Finding[] {
  return results.filter(isFilling).map((filling) => describePool(filling, results));
}

function isFilling({ arm }: ArmResult): boolean {
  return arm.via === 'tcp' && arm.holdUs > 0;
}

function describePool({ arm, summary }: ArmResult, results: readonly ArmResult[]): Finding {
  const base = { kind: 'nat-pool', arm: arm.name } as const;
  const ports = summary.established;
  const { frozen } = summary.stalled;
  if (frozen < FEWEST_FROZEN) {
    return { ...base, confidence: 'none', text: `no limit up to ${ports} connections open at once` };
  }
  if (arm.holdUs < (loadDurationUs(arm.load) ?? Number.POSITIVE_INFINITY)) {
    const text =
      'not measured: connections were closed while others were still being opened; hold them for longer than the load lasts';
    return { ...base, confidence: 'none', text };
  }
  const controls = results.filter((other) => isControl(other.arm, arm));
  const isClean =
    controls.length > 0 && controls.every(({ summary: { stalled } }) => stalled.rate < CLEAN_RATE);
  const seen = `${ports} connections were open at once, the other ${frozen} handshakes froze`;
  if (isClean) {
    const text = `${seen}, and those with another port went on: the NAT has ${ports} ports for this destination`;
    return { ...base, confidence: 'high', ports, text };
  }
  const doubt =
    controls.length === 0
      ? 'without an arm to another port this may be the pool of a NAT or a limit of connections'
      : 'those with another port froze as well: rather a limit of connections or of a rate than the ports of a NAT';
  return { ...base, confidence: 'low', ports, text: `${seen}; ${doubt}` };
}

/** Short connections to another port at the same time. */
function isControl(other: Arm, filling: Arm): boolean {
  return (
    other !== filling &&
    other.via === 'tcp' &&
    other.holdUs === 0 &&
    other.target.port !== filling.target.port
  );
}
