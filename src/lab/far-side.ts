import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../errors.ts';
import { ADDRESSES, PORTS } from './addresses.ts';
import { formatArguments } from './far-end/arguments.ts';
import { FAR_END_DEFAULTS, type FarEndMessage, type FarEndOptions } from './far-end/protocol.ts';
import type { Lab } from './lab.ts';
import { type Launched, programLine } from './launch.ts';

/**
 * Starts the far side: two embedded far ends in one process, the second on other ports so that a control arm has a
 * destination of its own, or a command of the user's.
 * @returns its pid
 * @throws EnvironmentError if it does not start
 */
export async function startFarSide(
  lab: Lab,
  options: Partial<FarEndOptions>,
  command: string | undefined,
): Promise<number> {
  return command === undefined ? startFarEnds(lab, options) : startCommand(lab, command);
}

async function startFarEnds(lab: Lab, options: Partial<FarEndOptions>): Promise<number> {
  const second = { proxy: PORTS.secondProxy, origin: PORTS.secondOrigin };
  const args = formatArguments({
    ...{ ...FAR_END_DEFAULTS, ...options, second },
    listen: { host: ADDRESSES.far, port: PORTS.proxy },
    originPort: PORTS.origin,
  });
  const launched = lab.launch('far-end', lab.far, programLine('far-end', ...args));
  const line = await launched.said((text) => text.startsWith('{'));
  const message = JSON.parse(line) as FarEndMessage;
  if (message.kind !== 'listening' || message.second?.origin.port !== PORTS.secondOrigin) {
    throw new EnvironmentError(
      `The lab's far ends do not listen on ports ${Object.values(PORTS).slice(0, 4).join(', ')}: ${line}`,
    );
  }
  return launched.pid;
}

/** Waits until something listens, for a limited time: it may listen later, or use another protocol. */
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
