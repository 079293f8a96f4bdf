/** Requests of libuv's pool, as process.getActiveResourcesInfo() names them: files and names. */
const POOLED = /^(FSReq|FileHandle.*Req|GetAddrInfoReq|GetNameInfoReq)/;

/** What Node writes only if it ends by itself: profiles, coverage. */
const NODES_OWN_END = /--(cpu|heap)-prof|--(perf|trace)/;

let endAtOnce: ((code: number) => void) | undefined;

/** @param end _exit(2), of a C library that has been bound; binding it takes some 20 ms */
export function leaveBy(end: (code: number) => void): void {
  endAtOnce = end;
}

/**
 * Ends this process for good. `process.exit()` may not: it waits for the threads of libuv's pool, one of which may be
 * reading from a dead file server, and for those of V8, which may be waiting for this very thread (nodejs/node issue
 * 54918). _exit(2) waits for nobody; what has been written to files and streams must have been awaited before.
 * @param bind binds a C library, if there is one; called only if none is bound and requests are still in the pool
 */
export async function leave(code: number, bind: () => Promise<unknown>): Promise<never> {
  if (!isObserved()) {
    if (endAtOnce === undefined && isPoolBusy()) await bind();
    endAtOnce?.(code);
  }
  process.exit(code);
}

function isPoolBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => POOLED.test(name));
}

function isObserved(): boolean {
  const { NODE_OPTIONS = '', NODE_V8_COVERAGE = '' } = process.env;
  return NODE_V8_COVERAGE !== '' || NODES_OWN_END.test([...process.execArgv, NODE_OPTIONS].join(' '));
}
