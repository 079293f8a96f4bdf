import { diagnose } from '../../../src/analysis/causes/diagnose.ts';
import type { Diagnosis } from '../../../src/analysis/causes/diagnosis.ts';
import type { Kit } from '../../../src/analysis/inquiry/arms.ts';
import { choose } from '../../../src/analysis/inquiry/choose.ts';
import { PortSlices } from '../../../src/analysis/inquiry/ports.ts';
import type { Means, StageId } from '../../../src/analysis/inquiry/types.ts';
import { observe } from '../../../src/analysis/observations/observe.ts';
import { loadAttempts, loadDurationUs } from '../../../src/scenario/load-shape.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { NEAR } from '../causes/cases.ts';
import { asking, type Load, type Path, play } from '../causes/world.ts';
import { sec } from '../parts.ts';

/** What a session may use: a Linux machine with two addresses. */
export const MEANS: Means = {
  base: asking('baseline', {
    load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 50, forUs: sec(180) }] },
    handshakeTimeoutUs: sec(5),
  }),
  // Ports that refuse are played by no path.
  spec: { otherPort: 8080, closedPorts: [], isExhaustive: false },
  ...{ ratePerSec: 50, sources: ['10.0.0.1', '10.0.0.2'], endpoints: 1 },
  ...{ choosesPackets: true, captures: false, imitates: { needs: 'root' } },
};

export interface Session {
  readonly stages: readonly StageId[];
  readonly why: readonly string[];
  readonly stopped: string;
  readonly attempts: number;
  readonly diagnosis: Diagnosis;
  readonly lacking: Readonly<Partial<Record<StageId, string>>>;
  readonly arms: readonly Arm[];
}

/** Plays a session against a path, stage by stage, without waiting. */
export function converse(path: () => Path, changes: Partial<Means> = {}, forSec = 180): Session {
  const means = { ...MEANS, ...changes };
  const slices = new PortSlices(0);
  const [stages, why, arms]: [StageId[], string[], Arm[]] = [[], [], []];
  const lacking: Partial<Record<StageId, string>> = {};
  let atSec = 0;
  for (let turn = 0; turn < 10; turn += 1) {
    const seen =
      turn === 0 ? undefined : observe(play(arms.map(toLoad), path(), { ...NEAR, scenario: { arms } }));
    const kit: Kit = { ...means, nth: turn, slices };
    const choice = choose(kit, { done: stages, leftSec: forSec - atSec }, seen);
    for (const { id, needs } of choice.untried) lacking[id] = needs;
    if ('stop' in choice) {
      const attempts = arms.reduce((sum, { load }) => sum + (loadAttempts(load) ?? 0), 0);
      return { stages, why, stopped: choice.stop, attempts, diagnosis: diagnose(seen!), lacking, arms };
    }
    stages.push(choice.stage.id);
    why.push(choice.stage.why);
    arms.push(...choice.stage.arms.map((arm) => startAt(arm, atSec)));
    const lastsUs = Math.max(
      ...choice.stage.arms.map(({ load, holdUs }) => (loadDurationUs(load) ?? 0) + holdUs),
    );
    atSec = Math.ceil(atSec + lastsUs / 1e6) + 8;
  }
  throw new Error(`it goes on and on: ${stages.join()}`);
}

function startAt(arm: Arm, atSec: number): Arm {
  if (arm.load.kind !== 'open' || atSec === 0) return arm;
  return {
    ...arm,
    load: { kind: 'open', phases: [{ kind: 'idle', forUs: sec(atSec) }, ...arm.load.phases] },
  };
}

function toLoad(arm: Arm): Load {
  const range = arm.source?.ports?.range;
  return range === undefined ? { arm } : { arm, ports: range.to - range.from + 1 };
}
