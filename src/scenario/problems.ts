/** A place in a scenario: keys and list indices from the top. */
export type Path = readonly (string | number)[];

/** One mistake: what it is, what to do about it, and where. */
export interface Problem {
  readonly what: string;
  readonly fix: string;
  readonly path: Path;
  /** Point at the last key itself rather than at its value. */
  readonly atKey?: boolean;
  /** The flag at fault, if it was not the file. */
  readonly flag?: string;
}

/** A position in the file, both from 1. */
export interface Position {
  readonly line: number;
  readonly col: number;
}

/** Whether a path leads to a place, or to anything inside it. */
export function isBelow(path: Path, above: Path): boolean {
  return above.every((part, index) => String(path[index]) === String(part));
}
