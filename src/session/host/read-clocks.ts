import { closeSync, openSync, readSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** Three clocks at one moment, in milliseconds. Only differences within the same clock are meaningful. */
export interface ClockReading {
  /** Since 1970; may be set at any time. */
  readonly wallMs: number;
  /** CLOCK_MONOTONIC: it is never set, and on Linux it stops while the machine sleeps (clock_gettime(2)). */
  readonly monotonicMs: number;
  /** CLOCK_BOOTTIME: the same, including sleep. The monotonic clock again if the system has none. */
  readonly bootMs: number;
}

export interface Clocks {
  /** False: the system does not report time asleep. */
  readonly countsSleep: boolean;
  read(): ClockReading;
  /** Closes it; later readings no longer include sleep. Safe to call again. */
  close(): void;
}

/** If reading all three takes longer, they are read again: the process may be preempted between any two of them. */
const TOGETHER_MS = 10;
const TRIES = 5;

/** @param uptimePath file with CLOCK_BOOTTIME in seconds, two decimals (proc_uptime(5)) */
export function openClocks(uptimePath = '/proc/uptime'): Clocks {
  const uptime = openUptime(uptimePath);
  let lastSleptMs = 0;
  const readOnce = (): ClockReading & { tookMs: number } => {
    const before = performance.now();
    const wallBefore = Date.now();
    const uptimeMs = uptime?.read();
    const wallMs = Date.now();
    const monotonicMs = performance.now();
    const tookMs = Math.max(monotonicMs - before, Math.abs(wallMs - wallBefore));
    return { wallMs, monotonicMs, bootMs: uptimeMs ?? monotonicMs + lastSleptMs, tookMs };
  };
  return {
    countsSleep: uptime !== undefined,
    read() {
      let reading = readOnce();
      for (let tries = 1; reading.tookMs > TOGETHER_MS && tries < TRIES; tries += 1) reading = readOnce();
      const { tookMs: _, ...clocks } = reading;
      lastSleptMs = clocks.bootMs - clocks.monotonicMs;
      return clocks;
    },
    close: () => uptime?.close(),
  };
}

/** One descriptor, kept open: the clock must work even when no more descriptors are available. */
function openUptime(path: string): { read(): number | undefined; close(): void } | undefined {
  const bytes = Buffer.alloc(64);
  try {
    const fd = openSync(path, 'r');
    let isOpen = true;
    const read = (): number | undefined => {
      // Its number may belong to another file by now.
      if (!isOpen) return undefined;
      try {
        const length = readSync(fd, bytes, 0, bytes.length, 0);
        const seconds = Number.parseFloat(bytes.toString('latin1', 0, length));
        return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
      } catch {
        return undefined;
      }
    };
    const close = (): void => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    };
    const uptime = { read, close };
    if (read() !== undefined) return uptime;
    uptime.close();
    return undefined;
  } catch {
    return undefined;
  }
}
