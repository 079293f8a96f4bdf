import { EXIT, type ExitCode } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import type { FleetEvent } from '../../../fleet/messages.ts';
import { type FleetRun, followRun, keepRun } from '../../../fleet/operator/fleet-run.ts';
import { formatRun, hasTrouble } from '../../../fleet/operator/format-run.ts';
import { readSummary } from '../../../read/summary.ts';
import { escapeControls } from '../../../render/escape.ts';
import type { Host } from '../../host.ts';

/** Follows a run until all of it is here or `signal` ends that, and prints what became of it. */
export async function followAndPrint(
  host: Host,
  link: Link,
  run: FleetRun,
  {
    results,
    signal,
    json = false,
  }: { readonly results: string; readonly signal: AbortSignal; readonly json?: boolean },
): Promise<ExitCode> {
  const say = (probe: string, event: FleetEvent): void =>
    host.stderr.write(`rushhour: ${escapeControls(`${probe}: ${inWords(event)}`)}\n`);
  await followRun(link, run, say, signal);
  await keepRun(run, results);
  const parts = await Promise.all(
    run.parts.map(async (part) => {
      const summary =
        part.copy === undefined ? undefined : await readSummary(part.dir).catch(() => undefined);
      return summary === undefined ? part : { ...part, summary };
    }),
  );
  host.stdout.write(
    json ? `${JSON.stringify({ ...run, parts }, null, 2)}\n` : formatRun(run, parts, host.stdout.columns),
  );
  if (hasTrouble(run.parts)) return EXIT.environment;
  return parts.some((part) => 'summary' in part && part.summary?.verdict.pass === false)
    ? EXIT.criteriaFailed
    : EXIT.ok;
}

function inWords(event: FleetEvent): string {
  switch (event.kind) {
    case 'accepted':
      return 'accepted';
    case 'refused':
      return `refused: ${event.reasons.join('; ')}`;
    case 'started':
      return 'started';
    case 'ended':
      return event.why === undefined ? event.status : `${event.status} (${event.why})`;
  }
}
