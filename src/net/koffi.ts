/**
 * What is used of the `koffi` package, declared here: it ships binaries for some machines only, and is left out on others,
 * where this program has to be built as well.
 */
export interface Koffi {
  /** @param path null: the process itself */
  load(path: null): Library;
  /** The memory at an address. */
  view(address: number, length: number): ArrayBuffer;
}

export interface Library {
  /**
   * Binds a function; its type is the declaration's own, which nobody checks against the names of C types.
   * @throws Error where the library has none of that name
   */
  func<Bound extends (...args: never[]) => unknown>(
    name: string,
    result: string,
    parameters: readonly string[],
  ): Bound;
}
