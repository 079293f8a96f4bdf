/** `[room, file in another room]`. */
export type Import = [from: string, to: string];
/** By room: what it may import, and why. */
export type Rooms = Readonly<Record<string, Readonly<Record<string, string>>>>;

export function readImports(src?: string): Import[];
export function findFaults(imports: readonly (readonly string[])[], rooms?: Rooms): string[];
export function reduceArrows(
  imports: readonly (readonly string[])[],
  rooms?: Rooms,
): [from: string, to: string, part?: string][];
export function draw(imports?: readonly (readonly string[])[]): string;
export function findUntold(page: string, rooms?: readonly string[]): string[];
export function renew(page: string, drawing: string): string;
