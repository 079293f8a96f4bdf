import { readFileSync } from 'node:fs';
import { findTool } from './compile.mjs';

/** The cores this process may run on, from /proc/self/status ("Cpus_allowed_list: 0-3,6"; proc(5)). */
export function listAllowedCpus() {
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/**
 * One core for the server and another for the client, so that neither takes time from the other and no tool gains by
 * spreading over cores. With one core, or without taskset, nothing is pinned and the figures say so.
 *
 * @returns {{ server: number | undefined, client: number | undefined }}
 */
export function shareOutCpus() {
  const cpus = listAllowedCpus();
  if (cpus.length < 2 || findTool('taskset') === undefined) return { server: undefined, client: undefined };
  return { server: cpus[0], client: cpus[1] };
}

/**
 * @param {number | undefined} cpu
 * @param {string[]} command
 */
export function pinTo(cpu, command) {
  return cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command];
}
