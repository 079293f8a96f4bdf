import type { Diagnosis } from '../../src/analysis/causes/diagnosis.ts';

/** A lab to try the diagnosis on. */
export interface Cell {
  readonly id: string;
  /** The presets' names, with + between. */
  readonly label: string;
  readonly seed: number;
  /** As `lab run` takes it. */
  readonly argument: string;
  /** What may rightly be named; none: nothing is ill. */
  readonly causes: readonly string[];
  readonly ratePerSec: number;
}

export type Sides = 'near' | 'both';

/** What a diagnosis was worth; `unshown`: what was there had done nothing to the run, and it was called healthy. */
export type Class = 'right' | 'rival' | 'no-rival' | 'wrong' | 'healthy' | 'unshown' | 'none';

/** Of which program a line tells. */
export interface Version {
  readonly commit: string;
  /** Of the rules and all they are judged by, hexadecimal. */
  readonly rules: string;
}

/** One line of the journal. */
export interface Entry extends Cell, Version {
  readonly sides: Sides;
  readonly session: 'adaptive' | 'fixed' | 'exhaustive';
  /** Busy processes beside it. */
  readonly busy: number;
  readonly verdict?: Diagnosis['verdict'];
  readonly text?: string;
  readonly named?: readonly string[];
  readonly rivals?: readonly string[];
  readonly class?: Class;
  readonly attempts?: number;
  /** Segments that the kernels of both sides sent again. */
  readonly resent?: number;
  readonly seconds: number;
  /** It could not be tried; the next start tries it again. */
  readonly failed?: string;
}
