import { isLibcAvailable, loadLibc } from './load.ts';

/**
 * Returns memory that the C library has freed but kept to the system. It keeps an arena for each thread, and V8's
 * compiler leaves two megabytes in each that it uses: without this a process grows for an hour although nothing is
 * held. Does nothing if the library is not glibc, or cannot be called.
 */
export function releaseFreedMemory(): void {
  if (isLibcAvailable()) loadLibc().mallocTrim?.(0);
}
