import { type Command, Help } from 'commander';
import { formatVersion } from '../render/version.ts';
import { redactUrl } from '../scenario/secrets.ts';
import { readVersions } from '../session/load/versions.ts';
import { CATALOGUE, COMMAND_NAMES, type CommandName, isCommandName } from './commands/catalogue.ts';
import type { Context } from './context.ts';
import { HelpfulCommand } from './helpful-command.ts';
import { formatHelpItem } from './output/format-help-item.ts';
import { asTyped } from './program-name.ts';

type Register = (program: Command, context: Context) => void;

const LOADERS: Readonly<Record<CommandName, () => Promise<Register>>> = {
  run: async () => (await import('./commands/run.ts')).registerRun,
  hit: async () => (await import('./commands/hit.ts')).registerHit,
  scenarios: async () => (await import('./commands/scenarios.ts')).registerScenarios,
  results: async () => (await import('./commands/results.ts')).registerResults,
  compare: async () => (await import('./commands/compare.ts')).registerCompare,
  trend: async () => (await import('./commands/trend.ts')).registerTrend,
  report: async () => (await import('./commands/report.ts')).registerReport,
  diagnose: async () => (await import('./commands/diagnose.ts')).registerDiagnose,
  experiment: async () => (await import('./commands/experiment.ts')).registerExperiment,
  soak: async () => (await import('./commands/soak.ts')).registerSoak,
  export: async () => (await import('./commands/export.ts')).registerExport,
  evidence: async () => (await import('./commands/evidence.ts')).registerEvidence,
  pcap: async () => (await import('./commands/pcap.ts')).registerPcap,
  peer: async () => (await import('./commands/peer.ts')).registerPeer,
  fleet: async () => (await import('./commands/fleet/index.ts')).registerFleet,
  probe: async () => (await import('./commands/probe.ts')).registerProbe,
  serve: async () => (await import('./commands/serve.ts')).registerServe,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  lab: async () => (await import('./commands/lab/index.ts')).registerLab,
  completion: async () => (await import('./commands/completion.ts')).registerCompletion,
  manual: async () => (await import('./commands/manual.ts')).registerManual,
  schema: async () => (await import('./commands/schema.ts')).registerSchema,
  help: async () => (await import('./commands/help.ts')).registerHelp,
};

/** These commands need the full definitions of all others. */
const OF_ALL: readonly CommandName[] = ['completion', 'manual'];

/** A stub with only the command's line in the overview; it is never run. */
class Outline extends HelpfulCommand {
  readonly term: string;

  constructor(name: CommandName) {
    super(name);
    this.term = `${name} ${CATALOGUE[name].usage}`.trimEnd();
  }
}

/**
 * Creates the command line with only the command that was typed, or with a stub of each and full definitions where
 * needed. Commands load their code when they run, so that help costs no more than commander.
 */
export async function createProgram(context: Context): Promise<Command> {
  const { stdout, stderr, program: typed } = context.host;
  const program = new HelpfulCommand('rushhour')
    .description(
      'Generate rush-hour connection traffic through the firewall under suspicion, and report how many connections stalled.',
    )
    .version(formatVersion(readVersions()), '-V, --version')
    // Our own, which supports "help soak install" and suggests corrections.
    .helpCommand(false)
    // A flag belongs to the command before it: `results show --json` is not `results --json`.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('  (see --help)')
    .configureOutput({
      // Help, with the program as it has to be typed, as on stderr.
      writeOut: (text) => stdout.write(asTyped(text, typed)),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(redactUrl(text.replace(/^error: /, 'rushhour: '))),
      getOutHelpWidth: () => helpWidth(stdout.columns),
      getErrHelpWidth: () => helpWidth(stderr.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      formatItem: formatHelpItem,
      subcommandTerm: (command) =>
        command instanceof Outline ? command.term : Help.prototype.subcommandTerm(command),
    })
    .addHelpText(
      'after',
      `
Examples:
  rushhour run quickstart                          check that everything works, on this machine only
  rushhour run steady --proxy proxy.example:3128 --target http://www.example.org/
  rushhour hit http://10.0.0.5/ -n 1000 -c 50      as with ab
  rushhour compare before after                    did the change help, or was it luck?
  rushhour report before after                     the same as one HTML file
  rushhour soak steady ... --for 5h                for hours, whatever happens to this machine
  rushhour trend --last 30                         did anything change between nights?
  rushhour diagnose 20250131                       why did it stall, or what would tell?
  rushhour pcap client.pcap                        handshakes and stalls in any packet capture
  rushhour serve                                   everything in a browser, on this machine only
  rushhour doctor steady                           is this machine ready for it?
  rushhour help soak install                       help for a command

Every run ends with a verdict and tables of percentiles (p50, p90, p99, p99.9), and is recorded in its own folder:
--json prints its summary as JSON, "rushhour export <run>" writes CSV or JSON lines, HdrHistogram opens latency.hlog.

RUSHHOUR_PROXY and RUSHHOUR_TARGET, or rushhour.yaml in this folder or in ~/.config/rushhour, provide a default proxy and
target; the plan line says which was used. http_proxy and similar variables are ignored.

Rates are 500, 500/s, 2k/s, 30/min, 1/h, and times 60, 60s, 250ms, 1.5m, 1h30m: a bare number is per second, or seconds,
in every command and in scenario files.

Exit codes: 0 done, criteria held; 1 internal fault; 2 bad usage or scenario; 3 criteria failed or, without criteria,
most attempts failed; 4 generator-limited, no verdict; 5 environment missing; 130 interrupted, results kept.`,
    );
  const { listed, whole } = chooseCommands(context.args);
  const registers = new Map(
    await Promise.all(whole.map(async (name) => [name, await LOADERS[name]()] as const)),
  );
  for (const name of listed) {
    const register = registers.get(name);
    if (register === undefined) program.addCommand(new Outline(name));
    else register(program, context);
    program.commands.at(-1)?.summary(CATALOGUE[name].summary);
  }
  return program;
}

/** Wide enough for a flag and its description, narrow enough to read. */
function helpWidth(columns: number): number {
  return Math.max(60, Math.min(100, columns));
}

/**
 * The commands to create, and those with full definitions.
 * @param args as typed
 */
function chooseCommands(args: readonly string[]): {
  readonly listed: readonly CommandName[];
  readonly whole: readonly CommandName[];
} {
  const [first] = args;
  // The program itself has no flag with a value, so the first other argument is the command or, after `help`, its
  // subject.
  const [typed, asked] = args.filter((word) => !word.startsWith('-'));
  const whole = typed === 'help' ? [typed, asked].filter(isCommandName) : [typed].filter(isCommandName);
  if (whole.some((name) => OF_ALL.includes(name))) return { listed: COMMAND_NAMES, whole: COMMAND_NAMES };
  return { listed: isCommandName(first) && first !== 'help' ? [first] : COMMAND_NAMES, whole };
}
