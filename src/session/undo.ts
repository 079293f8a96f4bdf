/** What takes back, or ends, one thing that was done. */
export type UndoStep = () => Promise<void>;

/** Takes back what was done, the latest first: what came later may rest on what was there before. */
export class Undo {
  readonly #steps: UndoStep[] = [];

  push(step: UndoStep): void {
    this.#steps.push(step);
  }

  /**
   * Takes each step once, whatever becomes of the others: one that fails must leave nothing else behind.
   * @throws the first fault
   */
  async run(): Promise<void> {
    const faults: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
  }
}
