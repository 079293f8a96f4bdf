import { setTimeout as sleep } from 'node:timers/promises';
import { isLeftover, removeLeftovers } from '../down.ts';
import { listLabs } from '../state.ts';

/**
 * Takes away a lab whose owner has died. Its arguments: the folder of labs, the lab's id. The owner's pipes close a moment
 * before it is gone for good.
 */
const [stateDir = '', id = ''] = process.argv.slice(2);
const PATIENCE_MS = 5_000;
const until = Date.now() + PATIENCE_MS;
const isWaitedFor = (): boolean =>
  listLabs(stateDir).some((state) => state.id === id && state.owner !== null && !isLeftover(state));
while (isWaitedFor() && Date.now() < until) await sleep(10);
await removeLeftovers(stateDir);
