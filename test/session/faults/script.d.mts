import type { Site } from './site.mjs';

export interface Plan {
  readonly kills: number;
}

export const PLANS: { readonly short: Plan; readonly long: Plan };

/** What the script itself knows of the night. */
export interface Facts {
  readonly dir: string;
  readonly said: string;
}

export function befall(site: Site, plan: Plan, seed: number, say?: (text: string) => void): Promise<Facts>;

/** A second signal ends at once what the first would let settle. */
export function endTwice(site: Site): Promise<{ dir: string; exitCode: number | null; said: string }>;
