import { setFlagsFromString } from 'node:v8';

/** What the heap may grow by before it is collected, percent of what was in use. By default V8 lets it grow fourfold. */
const GROWTH_PERCENT = 30;

/** What the space for new objects grows by, as a factor, when many survive: not at all. By default it doubles up to 16 MiB, of which V8 holds three. */
const KEEP_NEW_SPACE = '--semi-space-growth-factor=1';

/**
 * Keeps this process small while it makes garbage of millions of objects, few of which are in use at any time: that costs it no more
 * processor time, as there is little to mark.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(KEEP_NEW_SPACE);
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** Commands that conduct a load in this process, as in packaging/bundle.mjs; what others read is garbage in quantity, and wants room. */
export const LOADS: ReadonlySet<string | undefined> = new Set(['run', 'soak', 'hit']);

/**
 * Keeps the room for short-lived objects of every thread as small as it is, if this command conducts a load: a process with few
 * of them for hours. V8 doubles it, up to twice 16 MB a thread, whenever much survives, as it does while a program starts, and
 * hardly ever gives that back: a third of what a run takes. To be called before anything else is loaded.
 */
export function keepYoungGenerationsSmall(command: string | undefined): void {
  if (LOADS.has(command)) setFlagsFromString(KEEP_NEW_SPACE);
}
