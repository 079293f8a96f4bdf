import { createPacer } from '../plan/pacer.ts';
import { loadDurationUs, peakPerSec } from '../scenario/load-shape.ts';
import type { Arm } from '../scenario/types.ts';
import type { PlannedArm } from '../worker/protocol.ts';
import { formatEndpoint } from './resolve.ts';
import type { ArmOutline } from './types.ts';

/** What an arm is about to do, in figures that a person can check before load starts. */
export function outlineArm({ arm, endpoints }: PlannedArm): ArmOutline {
  return {
    name: arm.name,
    via: arm.via,
    endpoints: endpoints.map(formatEndpoint),
    target: describeTarget(arm),
    peakPerSec: arm.load.kind === 'open' ? peakPerSec(arm.load) : undefined,
    attempts: arm.load.kind === 'open' ? createPacer(arm.load).total : arm.load.attempts,
  };
}

/** How long the longest arm's schedule lasts; undefined where a closed loop is bounded by its count alone. */
export function scheduleUs(arms: readonly PlannedArm[]): number | undefined {
  const lengths = arms.map(({ arm }) => loadDurationUs(arm.load));
  return lengths.includes(undefined) ? undefined : Math.max(...lengths.map((length) => length ?? 0));
}

function describeTarget(arm: Arm): string {
  const { host, port, path } = arm.target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return arm.via === 'tcp' ? authority : `http://${authority.replace(/:80$/, '')}${path}`;
}
