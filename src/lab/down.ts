import { removeNamespaces } from './namespace.ts';
import { isAlive, killProcesses } from './process-id.ts';
import { type LabState, listLabs, StateFile } from './state.ts';

/** Ends the lab's processes, removes its namespaces, then its state. Parts already gone are ignored. */
export async function removeLab(file: StateFile): Promise<void> {
  await killProcesses(file.state.processes);
  await removeNamespaces(file.state.namespaces);
  file.remove();
}

/** Whether the lab is orphaned: its owner process has died. */
export function isLeftover({ owner }: LabState): boolean {
  return owner !== null && !isAlive(owner);
}

/**
 * Removes orphaned labs: those of a `run` that was killed, and those whose construction was never finished.
 * @returns their ids
 */
export async function removeLeftovers(stateDir: string): Promise<string[]> {
  const leftovers = listLabs(stateDir).filter(isLeftover);
  for (const state of leftovers) await removeLab(StateFile.open(stateDir, state));
  return leftovers.map(({ id }) => id);
}
