import type { Change, FixRecord, Kernel, Outcome, Proposal, Undoing } from './types.ts';

/**
 * Sets what is proposed, one after the other; what cannot be set is named, and the rest goes on.
 * @param keep called before and after, with all that would have to be taken back: what is set and not noted is lost
 */
export async function applyProposals(
  proposals: readonly Proposal[],
  kernel: Kernel,
  earlier: readonly Change[],
  keep: (changes: readonly Change[]) => Promise<void>,
): Promise<Outcome[]> {
  const intended = proposals.map(({ name, now, proposed }) => ({ name, before: now, set: proposed }));
  await keep(intended.reduce(addChange, earlier));
  const outcomes = proposals.map((proposal) => setOne(proposal, kernel));
  const made = outcomes
    .filter(({ fault }) => fault === undefined)
    .map(({ name, from, to }) => ({ name, before: from, set: to }));
  await keep(made.reduce(addChange, earlier));
  return outcomes;
}

function setOne({ name, now, proposed }: Proposal, kernel: Kernel): Outcome {
  try {
    kernel.write(name, proposed);
  } catch (error) {
    return { name, from: now, to: proposed, fault: explain(error) };
  }
  // What the kernel makes of it is what has to be found again.
  const set = kernel.read(name) ?? proposed;
  if (set === now) return { name, from: now, to: proposed, fault: `the kernel kept ${now}` };
  return { name, from: now, to: set };
}

/** A setting that was changed before keeps its first value, unless somebody else has set it since. */
function addChange(changes: readonly Change[], change: Change): readonly Change[] {
  const earlier = changes.find(({ name }) => name === change.name);
  const before = earlier?.set === change.before ? earlier.before : change.before;
  return [...changes.filter(({ name }) => name !== change.name), { ...change, before }];
}

/** What there is to do in order to take these changes back, as settings are now. */
export function planUndo({ changes }: FixRecord, kernel: Kernel): Undoing[] {
  return changes.map((change) => {
    const now = kernel.read(change.name);
    if (now === change.set) return { kind: 'restore', change };
    return now === change.before ? { kind: 'done', change } : { kind: 'foreign', change, now };
  });
}

/** Puts back what is still as it was set. */
export function undoChanges(undoing: readonly Undoing[], kernel: Kernel): Outcome[] {
  return undoing.flatMap((one) => {
    if (one.kind !== 'restore') return [];
    const { name, before, set } = one.change;
    try {
      kernel.write(name, before);
    } catch (error) {
      return [{ name, from: set, to: before, fault: explain(error) }];
    }
    const now = kernel.read(name);
    return [{ name, from: set, to: before, ...(now === before ? {} : { fault: `it is ${now} now` }) }];
  });
}

function explain(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EROFS':
      return '/proc/sys is read-only here, as in most containers: set it on the host';
    case 'EACCES':
    case 'EPERM':
      return 'not permitted in this container or network namespace: set it on the host';
    case 'EINVAL':
      return 'the kernel refuses that value';
    case 'ENOENT':
      return 'this kernel has no such setting';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
