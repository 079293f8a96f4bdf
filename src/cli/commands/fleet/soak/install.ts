import { type Command, InvalidArgumentError, Option } from 'commander';
import { EnvironmentError, EXIT, UsageError } from '../../../../errors.ts';
import { escapeControls, quoteTyped } from '../../../../render/escape.ts';
import { parseAt, parseDays } from '../../../../service/schedule.ts';
import type { Context } from '../../../context.ts';
import { addOperatorOptions, type OperatorFlags } from '../../../flags/fleet-options.ts';
import {
  addFleetScenarioOptions,
  type FleetScenarioFlags,
  readFleetScenario,
} from '../../../flags/fleet-scenario.ts';
import { asValue, parseDurationUs } from '../../../flags/values.ts';
import { parseWindow } from '../../../flags/window.ts';
import { withLink } from '../with-link.ts';

interface InstallFlags extends FleetScenarioFlags, OperatorFlags {
  readonly at: string;
  readonly days?: string;
  readonly for: number;
  readonly window: number;
  readonly until?: number;
}

const DAY_MS = 86_400_000;
/** Nobody is asked for longer than that without asking again. */
const LONGEST_DAYS = 366;

export function registerSoakInstall(soak: Command, context: Context): void {
  addOperatorOptions(
    addFleetScenarioOptions(
      soak
        .command('install')
        .description(
          'Have every selected probe run a soak at the same time every night, by its own local time and whether the server is there or not. Each night is judged by its policy as it is then, is a run of the fleet, and is sent when the server is there.',
        ),
    )
      .requiredOption('--at <HH:MM>', 'start time, local to each probe', asValue(parseAt))
      .option(
        '--days <days>',
        'only on these days: Mon..Fri, Sat,Sun (default: every day)',
        asValue(checkDays),
      )
      .addOption(
        new Option('--for <time>', 'length of a night, including pauses: 10s to 23h')
          .argParser(parseDurationUs)
          .default(8 * 3_600_000_000, '8h'),
      )
      .addOption(
        new Option('--window <time>', 'time span summed up in one line: 5s to 10m')
          .argParser(parseWindow)
          .default(60_000_000, '1m'),
      )
      .addOption(
        new Option(
          '--until <date>',
          'the last day on which a night begins, such as 2025-12-31, at most a year ahead (default: a year ahead)',
        ).argParser((text) => parseUntil(text, context.host.now())),
      )
      .action(context.act((scenario: string, flags: InstallFlags) => install(context, scenario, flags))),
  );
}

async function install({ host }: Context, nameOrPath: string, flags: InstallFlags) {
  const [
    { readProbes },
    { parseSelection, selectProbes },
    { orderSoak },
    { ANSWERS },
    { stretchToSoak },
    { LONGEST_NIGHT_US, SHORTEST_NIGHT_US },
    { awaitAndTell },
    { overlap },
  ] = await Promise.all([
    import('../../../../fleet/operator/read-probes.ts'),
    import('../../../../fleet/operator/select.ts'),
    import('../../../../fleet/operator/soaks.ts'),
    import('../../../../fleet/operator/await-ends.ts'),
    import('../../../../session/schedule.ts'),
    import('../../../../fleet/messages.ts'),
    import('../await-and-tell.ts'),
    import('../../../../service/schedule.ts'),
  ]);
  const selection = parseSelection(flags.on);
  if (flags.for < SHORTEST_NIGHT_US || flags.for > LONGEST_NIGHT_US) {
    throw new UsageError('a night lasts from 10 s to 23 h', { hint: 'choose another --for' });
  }
  const { ordered, scenario, ratePerSecTotal } = await readFleetScenario(host, nameOrPath, flags);
  // What cannot last is refused before anybody is asked.
  stretchToSoak(scenario, flags.for);
  return withLink(host, flags, async (link) => {
    const known = await readProbes(link, host.now());
    const chosen = selectProbes(selection, known);
    if (chosen.length === 0) {
      const which = flags.on === undefined ? 'has connected yet' : `matches --on ${quoteTyped(flags.on)}`;
      throw new UsageError(`no probe ${which}`, {
        hint:
          known.length === 0
            ? 'docs/fleet.md shows how to start one'
            : '"rushhour fleet ls" lists the probes and their labels',
      });
    }
    const id = await orderSoak(link, {
      ...{ scenario: ordered, probes: chosen, label: flags.label },
      ...(ratePerSecTotal !== undefined && { ratePerSecTotal }),
      ...{ at: flags.at, on: flags.days ?? null, forUs: flags.for, windowSec: flags.window / 1_000_000 },
      untilMs: flags.until ?? host.now() + LONGEST_DAYS * DAY_MS,
    });
    host.stdout.write(`${id}\n`);
    const refused: string[] = [];
    const left = await awaitAndTell(
      host,
      link,
      { id, parts: chosen },
      {
        kinds: ANSWERS,
        present: chosen.filter(({ isPresent }) => isPresent).map(({ probe }) => probe),
        told: (probe, { kind }) => {
          if (kind === 'refused') refused.push(probe);
        },
      },
    );
    // Nobody keeps what all have refused: there is nothing to receive, nor to end.
    if (refused.length < chosen.length) {
      host.stderr.write(
        `rushhour: ${id}: rushhour fleet pull ${id} receives its nights, rushhour fleet soak remove ${id} ends it\n`,
      );
    }
    const asked = { at: flags.at, on: flags.days ?? null, forUs: flags.for };
    for (const { probe, soaks = [] } of chosen.filter((each) => !refused.includes(each.probe))) {
      for (const kept of soaks.filter((each) => overlap(each, asked))) {
        host.stderr.write(
          `rushhour: warning: ${escapeControls(`${probe} keeps ${kept.id} at the same time (${kept.on ?? 'every day'} ${kept.at}): of two nights at one time, it refuses one`)}\n`,
        );
      }
    }
    if (left.length > 0) {
      throw new EnvironmentError(`not yet told: ${left.join(', ')}`, {
        hint: 'the order waits for them at the server, for 30 days; "rushhour fleet soak ls" shows who keeps it',
      });
    }
    return refused.length > 0 ? EXIT.environment : EXIT.ok;
  });
}

/** @throws UsageError if they are none */
function checkDays(text: string): string {
  parseDays(text);
  return text.trim();
}

/** @returns the end of that day, milliseconds since 1970 */
function parseUntil(text: string, nowMs: number): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim()) ?? [];
  const end = new Date(Number(year), Number(month) - 1, Number(day), 24);
  const isDay = year !== undefined && new Date(end.getTime() - 1).getDate() === Number(day);
  if (isDay && end.getTime() > nowMs && end.getTime() - nowMs <= (LONGEST_DAYS + 1) * DAY_MS)
    return end.getTime() - 1;
  throw new InvalidArgumentError('It must be a day such as 2025-12-31, from today to a year ahead.');
}
