import type { Facts } from './script.mjs';
import type { Told } from './site.mjs';

/** All that is known of a night: by its folder, by the far side, and by who made things happen. */
export interface Gathered {
  readonly facts: Facts;
}

/** Reads the soak's folder. */
export function gather(facts: Facts, told: Told): Promise<Gathered>;

export type Check = (night: Gathered) => { readonly found: unknown; readonly wanted: unknown };

export const CHECKS: readonly (readonly [title: string, check: Check])[];

export function figuresOf(night: Gathered): Record<string, unknown>;
