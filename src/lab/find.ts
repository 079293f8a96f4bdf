import { UsageError } from '../errors.ts';
import { suggest } from '../scenario/suggest.ts';
import { type LabState, listLabs } from './state.ts';

/**
 * Finds a lab: the one with this id, or otherwise the newest that is up.
 * @throws UsageError if there is none
 */
export function findLab(stateDir: string, id: string | undefined): LabState {
  const labs = listLabs(stateDir).filter(({ status }) => status === 'up');
  const lab = id === undefined ? labs[0] : labs.find((one) => one.id === id);
  if (lab !== undefined) return lab;
  if (id === undefined) {
    throw new UsageError('No lab is up.', { hint: 'rushhour lab up healthy' });
  }
  throw new UsageError(`No lab "${id}" is up.`, {
    hint: suggest(
      id,
      labs.map((one) => one.id),
    ),
  });
}
