/**
 * Milliseconds since 1970, with fractions: the wall clock at the start of this process plus monotonic time, whatever was set since.
 * The same for all its threads.
 */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
