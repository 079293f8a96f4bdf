import { NAMED, OTHER_NAMES } from '../metrics/named-counts.ts';
import type { SeriesCounts } from '../metrics/types.ts';
import { NAME_KINDS } from '../render/metric-names.ts';

/** Names of a kind that a run has a label of their own for: who sends a new one each second would fill a database. */
const MOST_LABELS = 24;

export interface NameCount {
  readonly kind: string;
  readonly name: string;
  readonly count: number;
}

/** Labels for counts by name: the first names have a label of their own, all others count as `other`. */
export class NameLabels {
  readonly #own = new Map<string, Set<string>>();

  /** @param counts of an earlier version may lack them */
  of(counts: SeriesCounts): NameCount[] {
    return NAMED.flatMap((what) => {
      const sums = new Map<string, number>();
      for (const [said, count] of Object.entries(counts[what] ?? {})) {
        const name = this.#labelOf(NAME_KINDS[what], said);
        sums.set(name, (sums.get(name) ?? 0) + count);
      }
      return [...sums].map(([name, count]) => ({ kind: NAME_KINDS[what], name, count }));
    });
  }

  #labelOf(kind: string, name: string): string {
    const own = this.#own.get(kind) ?? new Set();
    this.#own.set(kind, own);
    if (own.has(name)) return name;
    if (own.size >= MOST_LABELS) return OTHER_NAMES;
    own.add(name);
    return name;
  }
}
