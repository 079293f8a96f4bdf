import { applyProposals } from '../doctor/fix/apply.ts';
import {
  describePersistent,
  type PersistentFile,
  type PersistentPaths,
  writePersistent,
} from '../doctor/fix/persist.ts';
import { isHere, readRecords, withRecord, writeRecords } from '../doctor/fix/state.ts';
import type { Advice, Change, Kernel } from '../doctor/fix/types.ts';
import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import { renderAdvice, renderOutcomes } from '../render/fix.ts';
import { type Host, wantsColour } from './host.ts';

/** How settings are changed or put back, and where that is remembered. */
export interface FixSurroundings {
  readonly host: Host;
  readonly kernel: Kernel;
  readonly isRoot: boolean;
  readonly stateFile: string;
  readonly paths: PersistentPaths;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * Shows what would serve runs better, asks, sets it and remembers what was there before.
 * @param again the command line, for who has to type it as root
 * @throws UsageError where there is nobody to ask, or the namespace is not one that settings can be kept for
 */
export async function fixMachine(
  advice: Advice,
  { persist, again }: { readonly persist: boolean; readonly again: string },
  around: FixSurroundings,
): Promise<ExitCode> {
  const { host, kernel, paths } = around;
  if (persist && !kernel.isFirstNamespace) {
    throw new UsageError('--persist is for the network namespace that the machine starts with', {
      hint: 'leave it out here: /etc/sysctl.d is not read for other namespaces',
    });
  }
  const look = { colour: wantsColour(host, host.stdout), width: host.stdout.columns };
  const say = (text: string): void => {
    if (!around.json) host.stdout.write(text);
  };
  const sayJson = (more: object): void => {
    if (around.json) host.stdout.write(`${JSON.stringify({ ...advice, ...more }, null, 2)}\n`);
  };

  say(renderAdvice(advice, look));
  const records = around.isRoot ? await readRecords(around.stateFile) : [];
  const earlier = records.find((record) => isHere(record, kernel))?.changes ?? [];
  const isLeft =
    advice.settings.length > 0 || (persist && (earlier.length > 0 || advice.openFiles !== undefined));
  if (!isLeft) {
    say('No kernel setting to change.\n');
    sayJson({ outcomes: [], files: [] });
    return EXIT.ok;
  }
  if (!around.isRoot) {
    sayJson({ outcomes: null, files: null });
    host.stderr.write(`rushhour: nothing was changed: that needs root\n  sudo ${again}\n`);
    return EXIT.environment;
  }
  if (!(await isAgreed('Set these?', '--fix', around))) {
    say('Nothing was changed.\n');
    sayJson({ outcomes: null, files: null });
    return EXIT.ok;
  }

  let changes: readonly Change[] = earlier;
  const at = new Date(host.now()).toISOString();
  const { bootId, namespace } = kernel;
  const outcomes = await applyProposals(advice.settings, kernel, earlier, async (now) => {
    changes = now;
    await writeRecords(around.stateFile, withRecord(records, { bootId, namespace, at, changes }, kernel));
  });
  say(renderOutcomes(outcomes, look));
  const files = persist
    ? await persistAll(await describePersistent(changes, advice.openFiles?.wanted, paths))
    : [];
  for (const { path, fault } of files) say(wordFile(path, 'written', fault));
  if (changes.length > 0) say('rushhour doctor --undo puts back what was there before.\n');
  sayJson({ outcomes, files });
  return [...outcomes, ...files].some(({ fault }) => fault !== undefined) ? EXIT.environment : EXIT.ok;
}

/** @throws UsageError where there is nobody to ask */
export async function isAgreed(
  question: string,
  flag: string,
  { host, yes }: Pick<FixSurroundings, 'host' | 'yes'>,
): Promise<boolean> {
  if (yes) return true;
  if (host.ask === undefined) {
    throw new UsageError('nothing was changed: there is no terminal to ask at', {
      hint: `rushhour doctor ${flag} --yes agrees beforehand`,
    });
  }
  return /^y(es)?$/i.test((await host.ask(`${question} [y/N] `)).trim());
}

export function wordFile(path: string, done: string, fault: string | undefined): string {
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
