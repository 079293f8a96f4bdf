import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { applyProposals } from './apply.ts';
import { describePersistent, type PersistentFile, type PersistentPaths, writePersistent } from './persist.ts';
import { isFromThisBoot, readRecords, withRecord, writeRecords } from './state.ts';
import type { Advice, Change, Kernel, Outcome, UndoPlan } from './types.ts';

/** How to show what is done, and ask for confirmation. */
export interface FixDialogue {
  advise(advice: Advice): void;
  showOutcomes(outcomes: readonly Outcome[]): void;
  showUndoPlan(undoing: readonly UndoPlan[]): void;
  /** Prints a line for users. */
  say(text: string): void;
  /** Prints everything, for programs. */
  writeJson(what: object): void;
  /** Reports a failure, in either form. */
  complain(text: string): void;
  /** Absent if there is no terminal. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** How settings are changed or restored, and where changes are recorded. */
export interface FixContext {
  readonly dialogue: FixDialogue;
  /** Milliseconds since 1970. */
  now(): number;
  readonly kernel: Kernel;
  readonly isRoot: boolean;
  readonly stateFile: string;
  readonly paths: PersistentPaths;
  readonly yes: boolean;
}

/**
 * Shows settings that would suit runs better, asks for confirmation, sets them and records the previous values.
 * @param again the command line, to be repeated as root
 * @throws UsageError if there is no one to ask, or if settings cannot be kept for this namespace
 */
export async function fixMachine(
  advice: Advice,
  { persist, again }: { readonly persist: boolean; readonly again: string },
  around: FixContext,
): Promise<ExitCode> {
  const { dialogue, kernel, paths } = around;
  if (persist && !kernel.isFirstNamespace) {
    throw new UsageError('--persist works only in the initial network namespace', {
      hint: 'remove it here: /etc/sysctl.d is not read for other namespaces',
    });
  }
  const writeAdvice = (more: object): void => dialogue.writeJson({ ...advice, ...more });

  dialogue.advise(advice);
  const records = around.isRoot ? await readRecords(around.stateFile) : [];
  const earlier = records.find((record) => isFromThisBoot(record, kernel))?.changes ?? [];
  const isLeft =
    advice.settings.length > 0 || (persist && (earlier.length > 0 || advice.openFiles !== undefined));
  if (!isLeft) {
    dialogue.say('No kernel setting to change.\n');
    writeAdvice({ outcomes: [], files: [] });
    return EXIT.ok;
  }
  if (!around.isRoot) {
    writeAdvice({ outcomes: null, files: null });
    dialogue.complain(`nothing was changed: that needs root\n  sudo ${again}`);
    return EXIT.environment;
  }
  if (!(await isAgreed('Set these?', '--fix', around))) {
    dialogue.say('Nothing was changed.\n');
    writeAdvice({ outcomes: null, files: null });
    return EXIT.ok;
  }

  let changes: readonly Change[] = earlier;
  const at = new Date(around.now()).toISOString();
  const { bootId, namespace } = kernel;
  const outcomes = await applyProposals(advice.settings, kernel, earlier, async (now) => {
    changes = now;
    await writeRecords(around.stateFile, withRecord(records, { bootId, namespace, at, changes }, kernel));
  });
  dialogue.showOutcomes(outcomes);
  const files = persist
    ? await persistAll(await describePersistent(changes, advice.openFiles?.wanted, paths))
    : [];
  for (const { path, fault } of files) dialogue.say(formatFile(path, 'written', fault));
  if (changes.length > 0) dialogue.say('rushhour doctor --undo restores the previous values.\n');
  writeAdvice({ outcomes, files });
  return [...outcomes, ...files].some(({ fault }) => fault !== undefined) ? EXIT.environment : EXIT.ok;
}

/** @throws UsageError if there is no one to ask */
export async function isAgreed(
  question: string,
  flag: string,
  { dialogue, yes }: Pick<FixContext, 'dialogue' | 'yes'>,
): Promise<boolean> {
  if (yes) return true;
  if (dialogue.ask === undefined) {
    throw new UsageError('nothing was changed: there is no terminal to ask for confirmation', {
      hint: `rushhour doctor ${flag} --yes confirms in advance`,
    });
  }
  return /^y(es)?$/i.test((await dialogue.ask(`${question} [y/N] `)).trim());
}

export function formatFile(path: string, done: string, fault: string | undefined): string {
  return fault === undefined ? `done  ${path} ${done}\n` : `fail  ${path} not ${done}: ${fault}\n`;
}

function persistAll(files: readonly PersistentFile[]): Promise<{ path: string; fault?: string }[]> {
  return Promise.all(
    files.map(async (file) => {
      const fault = await writePersistent(file);
      return { path: file.path, ...(fault === undefined ? {} : { fault }) };
    }),
  );
}
