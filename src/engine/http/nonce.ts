/** Writes a number as zero-padded decimal digits; excess leading digits are dropped. */
export function writeNonce(into: Uint8Array, at: number, width: number, nonce: number): void {
  let rest = nonce;
  for (let place = at + width - 1; place >= at; place--) {
    const next = Math.floor(rest / 10);
    into[place] = 0x30 + (rest - next * 10);
    rest = next;
  }
}
