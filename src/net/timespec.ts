import type { Region } from './arena.ts';

/** struct timespec with two 8-byte fields, little-endian; seconds stay below 2^31. */
export function writeTimespec(timespec: Region, timeoutUs: number): void {
  const seconds = Math.floor(timeoutUs / 1_000_000);
  timespec.words[0] = seconds;
  timespec.words[1] = 0;
  timespec.words[2] = Math.floor((timeoutUs - seconds * 1_000_000) * 1_000);
  timespec.words[3] = 0;
}
