import { join } from 'node:path';
import { EXIT, type ExitCode } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import type { FleetEvent } from '../../../fleet/messages.ts';
import { type FleetRun, followRun, keepRun } from '../../../fleet/operator/fleet-run.ts';
import { openFleetRun } from '../../../read/fleet/find.ts';
import { readFleetSummary } from '../../../read/fleet/summary.ts';
import { hasTrouble } from '../../../read/fleet/trouble.ts';
import { readSummary } from '../../../read/summary.ts';
import { escapeControls } from '../../../render/escape.ts';
import { renderFleet } from '../../../render/fleet.ts';
import { type Host, wantsColour } from '../../host.ts';

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
  const found = await openFleetRun(join(results, run.id));
  const summary = await readFleetSummary(found);
  if (json) {
    const parts = await Promise.all(
      run.parts.map(async (part) => {
        const own = part.copy === undefined ? undefined : await readSummary(part.dir).catch(() => undefined);
        return own === undefined ? part : { ...part, summary: own };
      }),
    );
    host.stdout.write(`${JSON.stringify({ ...run, parts, summary }, null, 2)}\n`);
  } else {
    const colour = wantsColour(host, host.stdout);
    host.stdout.write(renderFleet(summary, { colour, width: host.stdout.columns }));
  }
  if (hasTrouble(summary.probes)) return EXIT.environment;
  return summary.probes.some(({ pass }) => pass === false) ? EXIT.criteriaFailed : EXIT.ok;
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
