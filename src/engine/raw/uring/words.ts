/** The lower half of a 64-bit field, as addresses are written: Numbers hold every address of user space exactly. */
export function lowWord(address: number): number {
  return address | 0;
}

/** The upper half. */
export function highWord(address: number): number {
  return Math.floor(address / 2 ** 32) | 0;
}
