import type { Fault } from './draw.d.mts';
import type { Site } from './site.d.mts';

/** What came of a run, before it is looked at. */
export interface Received {
  readonly id: string;
  readonly faults: readonly Fault[];
}

/** One whole `fleet run` that things befall, and whatever it takes to have all of it afterwards. */
export function befall(site: Site, faults: readonly Fault[], say?: (line: string) => void): Promise<Received>;
