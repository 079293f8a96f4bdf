import type { FleetSummary } from '../analysis/sites/types.ts';

/** How what is printed of a fleet's run looks. */
export interface FleetLook {
  readonly colour: boolean;
  readonly width: number;
  /** The command that diagnoses the run in a folder beside the fleet's; by default as documents call it. */
  readonly diagnose?: ((folder: string) => string) | undefined;
}

/** What to read next, as commands to copy, which are never wrapped; empty: nothing is ill. */
export function renderNext(
  { next }: Pick<FleetSummary, 'next'>,
  { diagnose = (folder) => `rushhour diagnose ${folder}` }: FleetLook,
): string[] {
  if (next.length === 0) return [];
  return [
    'Next, what speaks for and against each cause:',
    ...next.map(({ folder }) => `  ${diagnose(folder)}`),
  ];
}
