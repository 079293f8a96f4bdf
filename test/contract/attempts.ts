import { expect } from 'vitest';
import type { AttemptRecord, CreateEngine, EngineArm } from '../../src/engine/types.ts';
import { type Driven, type DrivePlan, drive, type Start } from '../support/drive.mjs';

/** Drives a plan and holds the engine to its contract: whatever the case, no callback and no time may be amiss. */
export async function driveSoundly(create: CreateEngine, plan: DrivePlan): Promise<Driven> {
  const driven = await drive(create, plan);
  expect(driven.faults).toEqual([]);
  expect(driven.records).toHaveLength(plan.starts.length);
  return driven;
}

/** Runs attempts of one arm at once and gives their records, in order. */
export async function attempt(
  create: CreateEngine,
  arm: EngineArm,
  starts: readonly Start[],
): Promise<AttemptRecord[]> {
  const { records } = await driveSoundly(create, { arms: [arm], starts });
  return records;
}

export async function attemptOnce(
  create: CreateEngine,
  arm: EngineArm,
  start: Start = {},
): Promise<AttemptRecord> {
  const [record] = await attempt(create, arm, [start]);
  return record!;
}

export function times(count: number): Start[] {
  return Array.from({ length: count }, () => ({}));
}
