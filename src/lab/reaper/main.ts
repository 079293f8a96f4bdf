import { setTimeout as sleep } from 'node:timers/promises';
import { isLeftover, removeLeftovers } from '../down.ts';
import { listLabs } from '../state.ts';

/**
 * Removes a lab whose owner has died. Arguments: the folder of labs and the lab's id. The owner's pipes close shortly
 * before the process is gone.
 */
const [stateDir = '', id = ''] = process.argv.slice(2);
const PATIENCE_MS = 5_000;
const until = Date.now() + PATIENCE_MS;
const isWaitedFor = (): boolean =>
  listLabs(stateDir).some((state) => state.id === id && state.owner !== null && !isLeftover(state));
while (isWaitedFor() && Date.now() < until) await sleep(10);
await removeLeftovers(stateDir);
