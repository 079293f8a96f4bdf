import { checkWork } from './choose-nights.ts';
import type { Night } from './types.ts';

/**
 * What was not as the night before, by the index of the first night with it: a probe that measures otherwise is the
 * first suspect where figures change.
 */
export function findProbeChanges(nights: readonly Night[]): Map<number, string[]> {
  const changes = new Map<number, string[]>();
  for (let index = 1; index < nights.length; index += 1) {
    const [before, now] = [nights[index - 1]!.facts, nights[index]!.facts];
    const what = [
      ...(before.run.engine === now.run.engine
        ? []
        : [`the engines differ: ${before.run.engine} and ${now.run.engine}`]),
      ...checkWork(before, now).warnings,
    ];
    if (what.length > 0) changes.set(index, what);
  }
  return changes;
}
