import type { AttemptRecord, CreateEngine, Engine, EngineArm } from '../../src/engine/types.ts';

export interface Start {
  /** Index into the plan's arms; 0 where absent. */
  readonly arm?: number;
  /** Index into the arm's sources; -1 (the system chooses) where absent. */
  readonly source?: number;
  /** 0 (the system chooses) where absent. */
  readonly sourcePort?: number;
  /** Carries on a connection that was closed after its challenge; false where absent. */
  readonly isContinued?: boolean;
}

export interface Progress {
  readonly begun: number;
  readonly established: readonly AttemptRecord[];
  readonly records: readonly AttemptRecord[];
}

export interface DrivePlan {
  readonly arms: readonly EngineArm[];
  readonly starts: readonly Start[];
  /** Most attempts open at once; all of them where absent. */
  readonly concurrency?: number;
  readonly maxOpen?: number;
  readonly limitMs?: number;
  readonly onTurn?: (engine: Engine, progress: Progress) => void;
}

export interface Driven {
  /** One a settled attempt, in order of attempts. */
  readonly records: AttemptRecord[];
  /** The records as they stood at establishment, in that order. */
  readonly established: AttemptRecord[];
  /** What broke the engine's contract: callbacks twice or out of order, times out of order, attempts left open. */
  readonly faults: string[];
  readonly readsTcpInfo: boolean;
}

/** Runs attempts through an engine until all have settled, as a worker would, and notes every breach of contract. */
export function drive(create: CreateEngine, plan: DrivePlan): Promise<Driven>;
