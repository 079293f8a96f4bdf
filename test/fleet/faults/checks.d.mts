import type { Received } from './round.d.mts';
import type { Site } from './site.d.mts';

export interface Gathered {
  readonly parts: readonly { readonly probe: string; readonly outcome: string; readonly opened: number }[];
}

/** What a run came to at each probe: as its probe has it, as the operator has it, and as the far side counted. */
export function gather(site: Site, received: Received): Promise<Gathered>;

/** @returns what does not hold, in words */
export function judge(gathered: Gathered): string[];
