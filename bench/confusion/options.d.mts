import type { Sides } from './types.d.mts';

export interface Options {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly jobs: number;
  readonly sides: readonly Sides[];
  readonly session: 'adaptive' | 'fixed';
  readonly busy: number;
  readonly minutes: number;
  readonly journal: string;
  readonly keep?: string | undefined;
  readonly wants: (label: string, isPair: boolean) => boolean;
}

export const USAGE: string;
export function readOptions(argv: readonly string[]): Options;
