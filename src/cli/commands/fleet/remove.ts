import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import type { StoredPart } from '../../../fleet/operator/remove-run.ts';
import { escapeControls, quoteTyped } from '../../../render/escape.ts';
import { formatPlural } from '../../../render/format.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsDir, resultsOption } from '../../flags/run-options.ts';
import type { Host } from '../../host.ts';
import { requireRun } from './find-run.ts';
import { withLink } from './with-link.ts';

interface RemoveFlags extends OperatorFlags {
  readonly results?: string;
  readonly unreceived?: boolean;
}

/** Probes, or files, that are named. */
const MOST_NAMED = 5;

export function registerRemove(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('rm')
      .description(
        'Remove what the server has of runs, once all of it is in the results folder: each file is compared with the digest that its probe has sent. What is here stays.',
      )
      .argument('<run...>', 'ids, as "fleet run" printed them; of a soak, all of its nights')
      .addOption(resultsOption())
      .option('--unreceived', 'also what is not here, or was not sent whole: nobody can receive it any more')
      .action(
        context.act(async (ids: string[], flags: RemoveFlags) => {
          const { host } = context;
          return withLink(host, flags, (link) => removeAll(host, link, ids, flags));
        }),
      ),
  );
}

async function removeAll(
  host: Host,
  link: Link,
  ids: readonly string[],
  flags: RemoveFlags,
): Promise<ExitCode> {
  const [
    { findStored, removeStored },
    { readProbes },
    { lackOf },
    { hasAll },
    { partFolder, readFleetFile },
  ] = await Promise.all([
    import('../../../fleet/operator/remove-run.ts'),
    import('../../../fleet/operator/read-probes.ts'),
    import('../../../read/fleet/trouble.ts'),
    import('../../../read/fleet/received.ts'),
    import('../../../store/fleet-file.ts'),
  ]);
  const results = resultsDir(host, flags.results);
  const probes = await readProbes(link, host.now());
  const runs = new Map<string, readonly StoredPart[]>();
  // All of them first: one that nobody knows is a mistake, and nothing is removed then.
  for (const run of await runsOf(link, ids)) {
    const parts = await findStored(link, run, (probe) => partFolder(join(results, run), probe));
    // Nothing was sent of it: every probe refused it, it is too old, or there is no such run.
    const isKnown = parts.length > 0 || (await readFleetFile(join(results, run))).kind !== 'missing';
    if (!isKnown) await requireRun(link, run, results);
    runs.set(run, parts);
  }
  let isTroubled = false;
  for (const [run, parts] of runs) {
    const tell = (what: string): void => {
      isTroubled = true;
      host.stderr.write(`rushhour: ${escapeControls(what)}\n`);
    };
    // It says only every now and then what it is at: one that has sent everything is at something else.
    const over = new Set(parts.filter(({ endsAt }) => endsAt !== undefined).map(({ probe }) => probe));
    const busy = probes
      .filter(({ probe, isPresent, busy: at }) => isPresent && at === run && !over.has(probe))
      .map(({ probe }) => probe);
    if (busy.length > 0) {
      tell(`${run} stays: ${name(busy)} ${busy.length === 1 ? 'is' : 'are'} at it`);
      continue;
    }
    const yet = probes
      .filter(({ probe, isPresent, waiting }) => isPresent && waiting.includes(run) && !over.has(probe))
      .map(({ probe }) => probe);
    if (yet.length > 0) {
      tell(
        `${run} stays: ${name(yet)} ${yet.length === 1 ? 'has' : 'have'} still to play it; "rushhour fleet stop ${run}" takes it back`,
      );
      continue;
    }
    const lacking = parts.flatMap(({ probe, copy, isRemoved }) => {
      if (copy === undefined || (hasAll(copy) && copy.longer === undefined)) return [];
      const longer = (copy.longer ?? []).map((file) => `${file} is longer than what the probe has`);
      // What is too long is cut by whoever receives it, also if the server has no more of it.
      return [{ probe, what: [...lackOf(copy), ...longer], isLost: isRemoved === true && !hasAll(copy) }];
    });
    const notHere = (some: typeof lacking): string => {
      const what = some.flatMap(({ probe, what }) => what.map((each) => `${probe}: ${each}`));
      return `not all of ${name(some.map(({ probe }) => probe))} is in ${results} as it was sent (${name(what)})`;
    };
    const unsent = parts.filter(({ copy }) => copy === undefined).map(({ probe }) => probe);
    const toReceive = lacking.filter(({ isLost }) => !isLost);
    if (flags.unreceived !== true && unsent.length > 0) {
      const gone = await findRevoked(link, unsent);
      const sends = gone.length === 0 ? '' : `, and ${name(gone)} never will: credentials were revoked`;
      const has = unsent.length === 1 ? 'has' : 'have';
      tell(
        `${run} stays: ${name(unsent)} ${has} not sent everything${sends}; --unreceived removes it all the same`,
      );
      continue;
    }
    if (flags.unreceived !== true && toReceive.length > 0) {
      tell(`${run} stays: ${notHere(toReceive)}: "rushhour fleet pull ${run}" puts that right`);
      continue;
    }
    const removed = await removeStored(link, run, parts);
    host.stdout.write(`${run}: ${formatPlural(removed, 'message', 'messages')} removed from the server\n`);
    const lost = lacking.filter(({ isLost }) => isLost);
    if (flags.unreceived !== true && lost.length > 0)
      tell(
        `${run}: ${notHere(lost)}, and the server had no more of it: it was removed before, or is too old`,
      );
  }
  return isTroubled ? EXIT.environment : EXIT.ok;
}

/** Those of these probes that have no credentials any more. */
async function findRevoked({ jetstream }: Link, probes: readonly string[]): Promise<string[]> {
  const [{ askAgain }, { isRevokedSince }, { sideBySide }] = await Promise.all([
    import('../../../fleet/ask-again.ts'),
    import('../../../fleet/operator/find-revoked.ts'),
    import('../../../fleet/operator/side-by-side.ts'),
  ]);
  const manager = await askAgain(() => jetstream.jetstreamManager());
  const revoked = await sideBySide(probes, async (probe) =>
    (await askAgain(() => isRevokedSince(manager, probe))) ? [probe] : [],
  );
  return revoked.flat();
}

/** @throws UsageError if one cannot be the id of a run */
async function runsOf(link: Link, ids: readonly string[]): Promise<Set<string>> {
  const [{ findNights }, { FLEET_RUN_ID }] = await Promise.all([
    import('../../../fleet/operator/soaks.ts'),
    import('../../../fleet/protocol.ts'),
  ]);
  const runs = new Set<string>();
  for (const id of ids) {
    if (!FLEET_RUN_ID.test(id)) {
      throw new UsageError(`${quoteTyped(id)} is not the id of a fleet's run`, {
        hint: 'give it as "fleet run" printed it, such as 20250131-060000-steady-k3f9',
      });
    }
    const nights = [...(await findNights(link, id)).keys()];
    for (const run of nights.length === 0 ? [id] : nights) runs.add(run);
  }
  return runs;
}

function name(some: readonly string[]): string {
  const more = some.length - MOST_NAMED;
  return `${some.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
