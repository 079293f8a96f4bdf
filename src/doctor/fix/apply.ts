import type { Change, FixRecord, Kernel, Outcome, Proposal, UndoPlan } from './types.ts';

/**
 * Applies the proposed settings one after another; those that fail are reported, and the rest is still applied.
 * @param keep called before and after with all changes that would have to be undone: a change that is not recorded
 * cannot be undone
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
  // What the kernel made of the value is what --undo has to find again.
  const set = kernel.read(name) ?? proposed;
  if (set === now) return { name, from: now, to: proposed, fault: `the kernel kept ${now}` };
  return { name, from: now, to: set };
}

/** A setting that was changed before keeps its first recorded value, unless someone else has changed it since. */
function addChange(changes: readonly Change[], change: Change): readonly Change[] {
  const earlier = changes.find(({ name }) => name === change.name);
  const before = earlier?.set === change.before ? earlier.before : change.before;
  return [...changes.filter(({ name }) => name !== change.name), { ...change, before }];
}

/** What has to be done to undo these changes, given the present settings. */
export function planUndo({ changes }: FixRecord, kernel: Kernel): UndoPlan[] {
  return changes.map((change) => {
    const now = kernel.read(change.name);
    if (now === change.set) return { kind: 'restore', change };
    return now === change.before ? { kind: 'done', change } : { kind: 'foreign', change, now };
  });
}

/** Restores settings that still have the value that was set. */
export function undoChanges(undoing: readonly UndoPlan[], kernel: Kernel): Outcome[] {
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
