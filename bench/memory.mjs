import { readFileSync } from 'node:fs';

/**
 * Resident memory in KiB of a process and all its descendants: a launcher that starts another process is part of the
 * tool (proc(5): /proc/PID/status, /proc/PID/task/TID/children). 0 once it has ended.
 *
 * @param {number} pid
 * @param {'VmRSS' | 'RssAnon'} what RssAnon leaves out what is mapped from files, such as Node's code, which the kernel maps
 *   as it is used and takes back as it likes
 * @returns {number}
 */
export function readRssKiB(pid, what = 'VmRSS') {
  const status = readOrEmpty(`/proc/${pid}/status`);
  const own = Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  const children = readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + readRssKiB(Number(child), what), own);
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Least-squares slope through samples.
 *
 * @param {{ atSec: number, rssKiB: number }[]} samples
 * @param {(sample: { rssKiB: number }) => number} read what is looked at
 * @returns {number} KiB a minute; 0 for fewer than two samples
 */
export function fitSlope(samples, read = ({ rssKiB }) => rssKiB) {
  if (samples.length < 2) return 0;
  const mean = (figure) => samples.reduce((sum, sample) => sum + figure(sample), 0) / samples.length;
  const [meanAt, meanRss] = [mean((s) => s.atSec), mean(read)];
  const covariance = mean((s) => (s.atSec - meanAt) * (read(s) - meanRss));
  const variance = mean((s) => (s.atSec - meanAt) ** 2);
  return (60 * covariance) / variance;
}

/**
 * Samples a child until it ends.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} everyMs
 * @param {(sample: { atSec: number, rssKiB: number }) => void} [tell]
 * @returns {Promise<{ exit: number | null, samples: { atSec: number, rssKiB: number }[] }>}
 */
export function watchMemory(child, everyMs, tell = () => {}) {
  const began = performance.now();
  const samples = [];
  const timer = setInterval(() => {
    const sample = { atSec: (performance.now() - began) / 1e3, rssKiB: readRssKiB(child.pid) };
    if (sample.rssKiB === 0) return;
    samples.push(sample);
    tell(sample);
  }, everyMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exit) => resolve({ exit, samples }));
  }).finally(() => clearInterval(timer));
}
