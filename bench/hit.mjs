import { join } from 'node:path';
import { measure } from './measure.mjs';

const PROGRAM = join(import.meta.dirname, '..', 'bin', 'rushhour');

/**
 * One run of `rushhour hit`: what it says of its arm, and what it cost.
 *
 * @param {string[]} args
 * @param {{ scratch: string, cpu?: number, prefix?: string[] }} where `prefix`: what begins the command, such as `ip netns exec x`
 */
export async function hit(args, where) {
  return play('hit', args, where);
}

/**
 * The same with another command that plays a load of one arm, such as `run`.
 *
 * @param {'hit' | 'run'} command
 * @param {string[]} args
 * @param {{ scratch: string, cpu?: number, prefix?: string[] }} where
 */
export async function play(command, args, { scratch, cpu, prefix = [] }) {
  const shared = ['--results', scratch, '--json', '--quiet'];
  const { output, ...cost } = await measure([...prefix, PROGRAM, command, ...args, ...shared], {
    cpu,
    scratch,
  });
  const summary = JSON.parse(output);
  const [arm] = Object.values(summary.arms);
  return {
    summary,
    arm,
    perSec: arm.achievedPerSec,
    cpuUs: cost.userUs + cost.systemUs,
    peakKiB: cost.peakKiB,
  };
}
