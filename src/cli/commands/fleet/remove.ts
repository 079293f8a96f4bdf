import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import { escapeControls } from '../../../render/escape.ts';
import { formatPlural } from '../../../render/format.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsDir, resultsOption } from '../../flags/run-options.ts';
import type { Host } from '../../host.ts';
import { withLink } from './with-link.ts';

interface RemoveFlags extends OperatorFlags {
  readonly results?: string;
  readonly unreceived?: boolean;
}

/** Probes that are named. */
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
  const [{ findStored, removeStored }, { readProbes }, { hasAll }, { partFolder }] = await Promise.all([
    import('../../../fleet/operator/remove-run.ts'),
    import('../../../fleet/operator/read-probes.ts'),
    import('../../../read/fleet/received.ts'),
    import('../../../store/fleet-file.ts'),
  ]);
  const results = resultsDir(host, flags.results);
  const probes = await readProbes(link, host.now());
  let stays = false;
  for (const run of await runsOf(link, ids)) {
    const stay = (why: string): void => {
      stays = true;
      host.stderr.write(`rushhour: ${run} stays: ${escapeControls(why)}\n`);
    };
    const parts = await findStored(link, run, (probe) => partFolder(join(results, run), probe));
    // It says only every now and then what it is at: one that has sent everything is at something else.
    const over = new Set(parts.filter(({ endsAt }) => endsAt !== undefined).map(({ probe }) => probe));
    const busy = probes
      .filter(({ probe, isPresent, busy: at }) => isPresent && at === run && !over.has(probe))
      .map(({ probe }) => probe);
    if (busy.length > 0) {
      stay(`${name(busy)} ${busy.length === 1 ? 'is' : 'are'} at it`);
      continue;
    }
    const [unsent, lacking] = [
      parts.filter(({ copy }) => copy === undefined),
      parts.filter(({ copy }) => copy !== undefined && !hasAll(copy)),
    ].map((some) => some.map(({ probe }) => probe)) as [string[], string[]];
    if (flags.unreceived !== true && unsent.length + lacking.length > 0) {
      stay(
        unsent.length > 0
          ? `${name(unsent)} ${unsent.length === 1 ? 'has' : 'have'} not sent everything`
          : `not all of ${name(lacking)} is in ${results}: "rushhour fleet pull ${run}" receives it`,
      );
      continue;
    }
    const removed = await removeStored(link, run, parts);
    host.stdout.write(`${run}: ${formatPlural(removed, 'message', 'messages')} removed from the server\n`);
  }
  return stays ? EXIT.environment : EXIT.ok;
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
      throw new UsageError(`"${id}" is not the id of a fleet's run`, {
        hint: 'give it as "fleet run" printed it, such as 20250131-060000-steady-k3f9',
      });
    }
    const nights = [...(await findNights(link, id)).keys()];
    for (const run of nights.length === 0 ? [id] : nights) runs.add(run);
  }
  return runs;
}

function name(probes: readonly string[]): string {
  const more = probes.length - MOST_NAMED;
  return `${probes.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
