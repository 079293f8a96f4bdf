import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../errors.ts';
import { ADDRESSES, PORTS } from './addresses.ts';
import { formatArguments } from './far-end/arguments.ts';
import { FAR_END_DEFAULTS, type FarEndMessage, type FarEndOptions } from './far-end/protocol.ts';
import type { Lab } from './lab.ts';
import { type Launched, programLine } from './launch.ts';

/**
 * Starts what answers: two embedded far ends, the second on other ports so that a control arm has a destination of its
 * own, or a command of the user's.
 * @returns pids
 * @throws EnvironmentError where it does not come up
 */
export async function startFarSide(
  lab: Lab,
  options: Partial<FarEndOptions>,
  command: string | undefined,
): Promise<number[]> {
  if (command !== undefined) return [await startCommand(lab, command)];
  return [
    await startFarEnd(lab, 'far-end', options, PORTS.proxy, PORTS.origin),
    await startFarEnd(lab, 'far-end-2', options, PORTS.secondProxy, PORTS.secondOrigin),
  ];
}

async function startFarEnd(
  lab: Lab,
  role: string,
  options: Partial<FarEndOptions>,
  proxyPort: number,
  originPort: number,
): Promise<number> {
  const args = formatArguments({
    ...FAR_END_DEFAULTS,
    ...options,
    listen: { host: ADDRESSES.far, port: proxyPort },
    originPort,
  });
  const launched = lab.launch(role, lab.far, programLine('far-end', ...args));
  const line = await launched.said((text) => text.startsWith('{'));
  const message = JSON.parse(line) as FarEndMessage;
  if (message.kind !== 'listening' || message.origin.port !== originPort) {
    throw new EnvironmentError(
      `The lab's far end does not listen on ports ${proxyPort} and ${originPort}: ${line}`,
    );
  }
  return launched.pid;
}

/** Until something listens; what does not by then may still, later or over another protocol. */
const LISTEN_PATIENCE_MS = 5_000;

async function startCommand(lab: Lab, command: string): Promise<number> {
  // exec: the shell becomes the command, which can then be stopped and killed by its pid.
  const launched = lab.launch('far-end', lab.far, ['sh', '-c', `exec ${command}`]);
  const until = Date.now() + LISTEN_PATIENCE_MS;
  while (Date.now() < until && !(await listens(lab, launched))) await sleep(20);
  return launched.pid;
}

async function listens(lab: Lab, launched: Launched): Promise<boolean> {
  launched.checkAlive();
  return (await lab.far.run('ss', '-Hltn')) !== '';
}
