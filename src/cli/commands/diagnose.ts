import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { FoundFleetRun } from '../../read/fleet/list.ts';
import { nameOfFolder } from '../../read/folder-name.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { type Host, wantsColour } from '../host.ts';
import { diagnoseCommand } from '../output/diagnose-command.ts';

interface DiagnoseOptions {
  readonly results?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
}

export function registerDiagnose(program: Command, context: Context): void {
  program
    .command('diagnose')
    .description(
      'Say why a recorded run went as it did, as far as it can tell: a cause is named only where something in this very run excludes each rival that would look the same; otherwise the rivals are listed, with the command that would decide between them.',
    )
    .argument('<run>', 'id, the start of one, label or folder')
    .addOption(resultsOption())
    .addOption(new Option('--json', 'print the diagnosis as JSON').conflicts('markdown'))
    .option('--markdown', 'print it for a ticket')
    .addHelpText(
      'after',
      `
Examples:
  rushhour diagnose 20250131-06
  rushhour diagnose "timer 1 s" --markdown
  rushhour diagnose 20250131-060000-steady-k3f9     a fleet's run: by site, and what sites of one firewall have in common

The run is read again from its records, so that what its far side captured counts once it was joined. See
docs/diagnosis.md.

Exit codes: 0 read, whatever it says; 2 no such run.`,
    )
    .action(context.act((run: string, options: DiagnoseOptions) => diagnose(context, run, options)));
}

async function diagnose({ host }: Context, name: string, options: DiagnoseOptions): Promise<ExitCode> {
  const [
    { findFleetRun },
    { findRun },
    { diagnoseRun },
    { renderDiagnosisText },
    { renderDiagnosisMarkdown },
  ] = await Promise.all([
    import('../../read/fleet/find.ts'),
    import('../../read/find-run.ts'),
    import('../../read/diagnosis.ts'),
    import('../../render/diagnosis.ts'),
    import('../../render/diagnosis-markdown.ts'),
  ]);
  const fleet = await findFleetRun(name, resultsDir(host, options.results));
  if (fleet !== undefined) return diagnoseFleet(host, fleet, options);
  const dir = await findRun(name, resultsDir(host, options.results));
  const { run, diagnosis } = await diagnoseRun(dir);
  const named = { ...run, id: nameOfFolder(dir, run.id) };
  if (options.json === true) host.stdout.write(`${JSON.stringify({ run: run.id, ...diagnosis }, null, 2)}\n`);
  else if (options.markdown === true) host.stdout.write(renderDiagnosisMarkdown(named, diagnosis));
  else
    host.stdout.write(
      renderDiagnosisText(named, diagnosis, {
        colour: wantsColour(host, host.stdout),
        width: host.stdout.columns,
      }),
    );
  return EXIT.ok;
}

/** By site, and what the sites of one firewall have in common. */
async function diagnoseFleet(
  host: Host,
  found: FoundFleetRun,
  { json, markdown }: DiagnoseOptions,
): Promise<ExitCode> {
  const [{ readFleetSummary }, { renderFleetDiagnosis, renderFleetDiagnosisMarkdown }] = await Promise.all([
    import('../../read/fleet/summary.ts'),
    import('../../render/fleet-diagnosis.ts'),
  ]);
  const summary = await readFleetSummary(found, true);
  const { run, text, ill, common, next } = summary;
  const sites = summary.sites.map(({ name, status, firewalls, diagnosis }) => ({
    ...{ name, status, firewalls, diagnosis },
  }));
  const look = {
    ...{ colour: wantsColour(host, host.stdout), width: host.stdout.columns },
    diagnose: diagnoseCommand(host, dirname(found.dir)),
  };
  if (json === true)
    host.stdout.write(
      `${JSON.stringify({ schema: 1, run: run.id, text, ill, sites, common, next }, null, 2)}\n`,
    );
  else
    host.stdout.write(
      markdown === true ? renderFleetDiagnosisMarkdown(summary) : renderFleetDiagnosis(summary, look),
    );
  return EXIT.ok;
}
