/**
 * Statuses that a run has a label of their own for. Far ends use a handful; one that answers by any status there is would
 * fill a database with series that nobody asked for.
 */
const MOST_LABELS = 24;

/** Which label a status counts under: its own for the first that come up, its class for those that come after. */
export class StatusLabels {
  readonly #own = new Set<string>();

  of(status: string): string {
    if (this.#own.has(status)) return status;
    if (this.#own.size >= MOST_LABELS) return /^\d/.test(status) ? `${status.slice(0, 1)}xx` : status;
    this.#own.add(status);
    return status;
  }
}
