/** Undoes or ends one thing. */
export type UndoStep = () => Promise<void>;

/** Undoes what was done, most recent first, because later steps may depend on earlier ones. */
export class Undo {
  readonly #steps: UndoStep[] = [];

  push(step: UndoStep): void {
    this.#steps.push(step);
  }

  /**
   * Runs each step once, even if others fail, so that a failure leaves nothing else behind.
   * @throws the first error
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
