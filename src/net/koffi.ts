/**
 * The part of the `koffi` package that we use, declared here: it ships binaries for some machines only and is not
 * installed on others, where this program must build too.
 */
export interface Koffi {
  /** @param path null: the process itself */
  load(path: null): Library;
  /** The memory at an address. */
  view(address: number, length: number): ArrayBuffer;
}

export interface Library {
  /**
   * Binds a function; its TypeScript type is not checked against the C declaration.
   * @throws Error if the library has no function of that name
   */
  func<Bound extends (...args: never[]) => unknown>(
    name: string,
    result: string,
    parameters: readonly string[],
  ): Bound;
}
