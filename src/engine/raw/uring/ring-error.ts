/** A call without which there is no ring has failed. */
export class RingError extends Error {
  readonly call: string;
  readonly errno: number;

  constructor(call: string, errno: number) {
    super(`${call} failed (errno ${errno})`);
    this.name = 'RingError';
    this.call = call;
    this.errno = errno;
  }
}
