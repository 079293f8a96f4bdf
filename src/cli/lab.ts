import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { EXIT, type ExitCode, UsageError } from '../errors.ts';
import type { Entered, LabState, Preset, Room } from '../lab/index.ts';
import type { Context } from './context.ts';
import { collect } from './values.ts';

const loadLab = () => import('../lab/index.ts');

export function registerLab(program: Command, context: Context): void {
  // "lab run" and "lab exec" pass on what follows their own arguments, flags included: every command above them, too, has to
  // take its flags before its sub-command only.
  const lab = program
    .enablePositionalOptions()
    .command('lab')
    .summary('firewalls that misbehave on purpose, on this machine')
    .description(
      'Builds clients, a firewall and a far side out of network namespaces (Linux, root), the firewall mis-tuned in a chosen way.',
    )
    .helpCommand(false)
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab list
  rushhour lab run timewait-1s steady --rate 200/s --duration 1m
  rushhour lab run pre-answered closed-port --target tcp://{closed}
  rushhour lab up small-nat-pool:500 --set t=60s
  rushhour lab exec -- curl -s {target}
  rushhour lab switch timewait-60s
  rushhour lab down

docs/lab.md tells what each preset shows.`,
    );
  registerList(lab, context);
  registerUp(lab, context);
  registerSwitch(lab, context);
  registerExec(lab, context);
  registerRun(lab, context);
  registerDown(lab, context);
}

function registerList(lab: Command, context: Context): void {
  lab
    .command('list')
    .description(
      'Lists the presets: what each shows, what it mimics, what can be set; then the labs that are up.',
    )
    .option('--json', 'print both lists as JSON')
    .addHelpText('after', '\nExample:\n  rushhour lab list')
    .action(
      context.act(async ({ json }: { readonly json?: boolean }) => {
        const [{ listLabs, PRESETS, STATE_DIR }, { renderLabelled }] = await Promise.all([
          loadLab(),
          import('../render/table.ts'),
        ]);
        const { stdout } = context.host;
        const labs = listLabs(STATE_DIR);
        if (json === true) {
          stdout.write(`${JSON.stringify({ presets: PRESETS.map(describePreset), labs }, null, 2)}\n`);
          return EXIT.ok;
        }
        for (const preset of PRESETS) {
          const { name, symptom, mimics, parameters } = describePreset(preset);
          const settings = parameters.map((parameter) => `${parameter.name}=${parameter.default}`).join(', ');
          const lines = [
            ['  shows', symptom],
            ['  mimics', mimics],
            ['  set', settings],
          ].flatMap(([label = '', text = '']) => renderLabelled(label, text, stdout.columns));
          stdout.write(`${[name, ...lines].join('\n')}\n\n`);
        }
        stdout.write(
          labs.length === 0 ? 'No lab is up.\n' : labs.map((state) => `${describeLab(state)}\n`).join(''),
        );
        return EXIT.ok;
      }),
    );
}

function describePreset({ name, symptom, mimics, parameters }: Preset) {
  const described = Object.entries(parameters).map(([key, { help, range, fallback, format }]) => ({
    name: key,
    help,
    range,
    default: format(fallback),
  }));
  return { name, symptom, mimics, parameters: described };
}

function describeLab({ id, preset, settings, createdAt, status }: LabState): string {
  const set = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  return `lab ${id}: ${preset} (${set.join(', ')}), ${status} since ${createdAt}`;
}

interface UpFlags {
  readonly set?: string[];
  readonly farEnd?: string;
}

function registerUp(lab: Command, context: Context): void {
  lab
    .command('up')
    .description('Builds a lab that stays until "lab down".')
    .argument('<preset>', 'name, name:value or name:key=value,...')
    .option('--set <key=value>', 'a parameter of the preset (repeatable)', collect)
    .option(
      '--far-end <command>',
      'shell command that answers on the far side, instead of the embedded far ends',
    )
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab up timewait-1s
  rushhour lab up timewait-1s:t=5s,ports=2000
  rushhour lab up healthy --far-end 'squid -N -f /etc/squid/squid.conf'`,
    )
    .action(
      context.act(async (argument: string, { set, farEnd }: UpFlags) => {
        const { bringUp, readPreset, removeLab } = await loadLab();
        const preset = readPreset(argument, set);
        return withSignals(context, async ({ interrupted }) => {
          const file = await bringUp(preset, { lifetime: 'stay', farEndCommand: farEnd });
          if (interrupted()) {
            await removeLab(file);
            return EXIT.interrupted;
          }
          const { id } = file.state;
          context.host.stdout.write(
            `${describeLab(file.state)}\n  rushhour lab exec --lab ${id} -- COMMAND\n  rushhour lab down --lab ${id}\n`,
          );
          return EXIT.ok;
        });
      }),
    );
}

interface SwitchFlags {
  readonly lab?: string;
  readonly set?: string[];
}

function registerSwitch(lab: Command, context: Context): void {
  lab
    .command('switch')
    .description(
      'Gives a lab that is up the firewall of another preset, as a change of its settings would; for "experiment".',
    )
    .argument('<preset>', 'name, name:value or name:key=value,...')
    .option('--lab <id>', 'which lab; without it the one that this runs in, or the newest')
    .option('--set <key=value>', 'a parameter of the preset (repeatable)', collect)
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab switch timewait-60s
  rushhour lab exec -- rushhour experiment nat-recycle --proxy {proxy} --target {target} \\
    --a 'rushhour lab switch timewait-1s' --b 'rushhour lab switch timewait-60s' --settle 65s`,
    )
    .action(
      context.act(async (argument: string, { lab: id, set }: SwitchFlags) => {
        const { findLab, readPreset, requireLabHost, STATE_DIR, switchPreset } = await loadLab();
        const preset = readPreset(argument, set);
        requireLabHost();
        const { stdout, env } = context.host;
        const state = findLab(STATE_DIR, id ?? env['RUSHHOUR_LAB']);
        stdout.write(`${describeLab(await switchPreset(STATE_DIR, state, preset))}\n`);
        return EXIT.ok;
      }),
    );
}

function registerExec(lab: Command, context: Context): void {
  lab
    .command('exec')
    .description(
      'Runs a command inside a lab, among the clients unless told otherwise, and ends with its exit code.',
    )
    .argument('<command...>', 'command and its arguments; {proxy}, {target} and the like are filled in')
    .option('--lab <id>', 'which lab; without it the newest')
    .addOption(
      new Option('--in <room>', 'which namespace').choices(['client', 'fw', 'far']).default('client'),
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab exec -- curl -s {target}
  rushhour lab exec --in fw -- conntrack -L
  rushhour lab exec -- rushhour run steady --proxy {proxy} --target {target}`,
    )
    .action(
      context.act(async (argv: string[], flags: { readonly lab?: string; readonly in: Room }) => {
        const { enterLab, fillFacts, findLab, requireLabHost, STATE_DIR } = await loadLab();
        requireLabHost();
        const state = findLab(STATE_DIR, flags.lab);
        return withSignals(context, ({ follow }) =>
          follow(enterLab(state, flags.in, fillFacts(argv, state.clients))),
        );
      }),
    );
}

function registerRun(lab: Command, context: Context): void {
  lab
    .command('run')
    .description(
      'Builds a lab, runs a scenario in it from the client side, removes the lab, and ends with the exit code of the run.',
    )
    .argument('<preset>', 'name, name:value or name:key=value,...')
    .argument('<scenario>', 'as "rushhour run" takes it')
    .argument(
      '[flags...]',
      'flags of "rushhour run"; {proxy2}, {closed}, {clients} and the like are filled in',
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab run timewait-1s steady --rate 200/s --duration 1m
  rushhour lab run pre-answered closed-port --target tcp://{closed}`,
    )
    .action(
      context.act(async (argument: string, scenario: string, flags: string[]) => {
        const [{ bringUp, fillFacts, readPreset, removeLab, runInLab }, { chooseEndpoints }] =
          await Promise.all([loadLab(), import('./lab-endpoints.ts')]);
        const preset = readPreset(argument);
        const args = fillFacts(flags, preset.clients);
        const endpoints = await chooseEndpoints(scenario, args, context.host.cwd);
        for (const [name, value] of Object.entries(endpoints)) args.push(`--${name}`, value);
        return withSignals(context, async ({ interrupted, follow }) => {
          const file = await bringUp(preset, { lifetime: 'with-owner' });
          try {
            if (interrupted()) return EXIT.interrupted;
            return await follow(runInLab(file, [process.execPath, MAIN, 'run', scenario, ...args]));
          } finally {
            await removeLab(file);
          }
        });
      }),
    );
}

/** The built program, also where this is run from sources. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface DownFlags {
  readonly lab?: string;
  readonly all?: boolean;
}

function registerDown(lab: Command, context: Context): void {
  lab
    .command('down')
    .description('Removes a lab, and whatever labs of dead processes have left behind.')
    .option('--lab <id>', 'which lab; without it the newest')
    .option('--all', 'every lab that no running process owns')
    .addHelpText('after', '\nExample:\n  rushhour lab down')
    .action(
      context.act(async ({ lab: id, all }: DownFlags) => {
        const { findLab, listLabs, removeLab, removeLeftovers, requireLabHost, STATE_DIR, StateFile } =
          await loadLab();
        requireLabHost();
        const { stdout } = context.host;
        for (const leftover of await removeLeftovers(STATE_DIR))
          stdout.write(`removed what was left of lab ${leftover}\n`);
        const free = listLabs(STATE_DIR).filter(({ owner }) => owner === null);
        const newest = id === undefined ? free.slice(0, 1) : [findLab(STATE_DIR, id)];
        const doomed = all === true ? free : newest;
        if (doomed.length === 0) stdout.write('no lab is up\n');
        for (const state of doomed) {
          if (state.owner !== null) {
            throw new UsageError(`Lab ${state.id} belongs to "lab run", process ${state.owner.pid}.`, {
              hint: 'interrupt that process: it removes its lab',
            });
          }
          await removeLab(StateFile.open(STATE_DIR, state));
          stdout.write(`removed lab ${state.id} (${state.preset})\n`);
        }
        return EXIT.ok;
      }),
    );
}

interface Signals {
  interrupted(): boolean;
  /** Waits for a command, passing signals on to it. */
  follow(entered: Entered): Promise<ExitCode>;
}

/** A signal must not keep a lab from being removed: it ends what runs inside, and the rest follows. */
async function withSignals(
  { host }: Context,
  work: (signals: Signals) => Promise<ExitCode>,
): Promise<ExitCode> {
  let interrupted = false;
  let current: Entered | undefined;
  const release = host.onStopSignal((signal) => {
    interrupted = true;
    current?.stop(signal);
  });
  try {
    return await work({
      interrupted: () => interrupted,
      async follow(entered) {
        current = entered;
        // Another program's exit code, passed on as it is.
        return (await entered.exitCode) as ExitCode;
      },
    });
  } finally {
    release();
  }
}
