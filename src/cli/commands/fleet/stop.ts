import type { Command } from 'commander';
import { EnvironmentError, EXIT } from '../../../errors.ts';
import { escapeControls } from '../../../render/escape.ts';
import type { Context } from '../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsDir } from '../../flags/run-options.ts';
import { requireRun } from './find-run.ts';
import { withLink } from './with-link.ts';

interface StopFlags extends OperatorFlags {
  readonly now?: boolean;
  readonly wait: boolean;
}

/** An open attempt lasts up to a minute by default, and a probe without a link tells nothing; milliseconds. */
const ENDED_WITHIN_MS = 90_000;

export function registerStop(fleet: Command, context: Context): void {
  addOperatorOptions(
    fleet
      .command('stop')
      .description(
        'End a run everywhere, whoever ordered it, also one that has not begun. Its open attempts may finish; what was recorded is kept.',
      )
      .argument('<run>', 'its id, as "fleet run" printed it')
      .option('--now', 'end open attempts at once, too')
      .option('--no-wait', 'do not wait until each probe has told that it ended')
      .action(
        context.act(async (id: string, flags: StopFlags) => {
          const { host } = context;
          const [{ stopRun }, { awaitEvents, ENDS }, { inWords }] = await Promise.all([
            import('../../../fleet/operator/order-run.ts'),
            import('../../../fleet/operator/await-ends.ts'),
            import('./receive.ts'),
          ]);
          return withLink(host, flags, async (link) => {
            const found = await requireRun(link, id, resultsDir(host, undefined));
            // Who was revoked hears of nothing.
            const run = { id: found.id, parts: found.parts.filter(({ isRevoked }) => isRevoked !== true) };
            await stopRun(link, run, flags.now === true ? 'abort' : 'drain');
            const asked = `asked ${run.parts.length} ${run.parts.length === 1 ? 'probe' : 'probes'} to end ${run.id}`;
            host.stderr.write(`rushhour: ${asked}\n`);
            if (!flags.wait) return EXIT.ok;
            const ending = new AbortController();
            const release = host.onStopSignal(() => ending.abort());
            const timer = setTimeout(() => ending.abort(), ENDED_WITHIN_MS);
            try {
              const left = await awaitEvents(
                link,
                run,
                ENDS,
                (probe, event) => host.stdout.write(`${escapeControls(`${probe}: ${inWords(event)}`)}\n`),
                ending.signal,
              );
              if (left.length === 0) return EXIT.ok;
              throw new EnvironmentError(`not yet told that it ended: ${left.join(', ')}`, {
                hint: 'the request waits for them at the server; a run that they have begun ends as planned at the latest',
              });
            } finally {
              clearTimeout(timer);
              release();
            }
          });
        }),
      ),
  );
}
