import { readFileSync } from 'node:fs';

/** What /proc counts CPU in: USER_HZ, 100 a second on every Linux that Node runs on (proc(5)). */
const TICKS_PER_SEC = 100;
/** Of /proc/PID/stat, counted from the field after the name: utime, stime, and those of children that have ended. */
const TIMES = [11, 12, 13, 14];

/**
 * Seconds of CPU, user and system, that a process and all its descendants have taken. 0 once it has ended.
 *
 * @param {number} pid
 * @returns {number}
 */
export function readCpuSec(pid) {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // The name stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = TIMES.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) / TICKS_PER_SEC;
  const children = readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + readCpuSec(Number(child)), own);
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * What a connection costs in the first minute of samples and in the last, at a rate that was held.
 *
 * @param {{ atSec: number, cpuSec: number }[]} samples
 * @param {number} ratePerSec
 * @returns {{ firstUs: number, lastUs: number } | undefined} microseconds; undefined for less than two minutes
 */
export function compareCpu(samples, ratePerSec) {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last.atSec - first.atSec < 120) return undefined;
  const costBetween = (from, to) =>
    ((to.cpuSec - from.cpuSec) / ((to.atSec - from.atSec) * ratePerSec)) * 1e6;
  const afterFirst = samples.find(({ atSec }) => atSec >= first.atSec + 60);
  const beforeLast = samples.findLast(({ atSec }) => atSec <= last.atSec - 60);
  return { firstUs: costBetween(first, afterFirst), lastUs: costBetween(beforeLast, last) };
}
