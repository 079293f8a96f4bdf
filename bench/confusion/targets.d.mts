import type { Entry } from './types.d.mts';

export interface Target {
  readonly isMet: boolean;
  readonly text: string;
}

export function checkTargets(entries: readonly Entry[], exhaustive?: readonly Entry[]): Target[];
