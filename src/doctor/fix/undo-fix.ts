import { EnvironmentError, EXIT, type ExitCode } from '../../errors.ts';
import { planUndo, undoChanges } from './apply.ts';
import { type FixContext, formatFile, isAgreed } from './fix-machine.ts';
import { findPersistent, removePersistent } from './persist.ts';
import { isFromThisBoot, readRecords, withRecord, writeRecords } from './state.ts';
import type { FixRecord } from './types.ts';

/**
 * Shows what --fix has set here and restores it, unless someone else has changed it since.
 * @throws EnvironmentError if all records belong to another network namespace, or if root is needed
 */
export async function undoFix(around: FixContext): Promise<ExitCode> {
  const { dialogue, kernel, stateFile } = around;
  if (!around.isRoot) {
    throw new EnvironmentError('nothing was restored: that needs root', {
      hint: 'sudo rushhour doctor --undo',
    });
  }
  const { say } = dialogue;
  const all = await readRecords(stateFile);
  // A reboot restores settings by itself, and namespaces do not survive it.
  const records = all.filter(({ bootId }) => bootId === kernel.bootId);
  const here = records.find((record) => isFromThisBoot(record, kernel));
  const paths = kernel.isFirstNamespace ? await findPersistent(around.paths) : [];
  const isForgotten = all.length > records.length;
  if (isForgotten)
    say(
      `The machine has been rebooted since the last --fix, so there is nothing to restore${paths.length > 0 ? '; persisted settings stay in effect until the next boot' : ''}.\n`,
    );
  if (here === undefined && paths.length === 0) {
    if (records.length > 0) throw isElsewhere(records);
    if (isForgotten) await writeRecords(stateFile, records);
    say('Nothing to restore.\n');
    dialogue.writeJson({ undoing: [], outcomes: [], files: [] });
    return EXIT.ok;
  }

  const undoing = here === undefined ? [] : planUndo(here, kernel);
  dialogue.showUndoPlan(undoing);
  for (const path of paths) say(`${path}: is removed\n`);
  if (!(await isAgreed('Restore these?', '--undo', around))) {
    say('Nothing was changed.\n');
    return EXIT.ok;
  }
  const outcomes = undoChanges(undoing, kernel);
  dialogue.showOutcomes(outcomes);
  const failed = outcomes.filter(({ fault }) => fault !== undefined).map(({ name }) => name);
  const changes = here?.changes.filter(({ name }) => failed.includes(name)) ?? [];
  await writeRecords(
    stateFile,
    here === undefined ? records : withRecord(records, { ...here, changes }, kernel),
  );
  const files = await Promise.all(
    paths.map(async (path) => {
      const fault = await removePersistent(path);
      return { path, ...(fault === undefined ? {} : { fault }) };
    }),
  );
  for (const { path, fault } of files) say(formatFile(path, 'removed', fault));
  dialogue.writeJson({ undoing, outcomes, files });
  return [...outcomes, ...files].some(({ fault }) => fault !== undefined) ? EXIT.environment : EXIT.ok;
}

function isElsewhere(records: readonly FixRecord[]): EnvironmentError {
  const places = records.map(({ namespace, at }) => `${namespace} at ${at}`).join(', ');
  return new EnvironmentError(
    `nothing was restored: the settings were changed in another network namespace (${places})`,
    { hint: 'run it there (ip netns exec NAME rushhour doctor --undo; "lsns -t net" lists their numbers)' },
  );
}
