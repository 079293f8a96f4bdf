import { type Command, Option } from 'commander';
import { readNamed } from '../../bounded-file.ts';
import { UsageError } from '../../errors.ts';
import type { RunOrder } from '../../fleet/messages.ts';
import { nameInOrder } from '../../fleet/protocol.ts';
import { findScenario, scenarioDirs, scenarioName } from '../../scenario/find.ts';
import { parseScenario } from '../../scenario/load.ts';
import type { Scenario } from '../../scenario/types.ts';
import { parseRate } from '../../scenario/units.ts';
import { VIAS, type Via } from '../../scenario/words.ts';
import type { Host } from '../host.ts';
import { collect } from './values.ts';

/** What probes are asked to run, and which of them. */
export interface FleetScenarioFlags {
  readonly on?: string;
  readonly rateTotal?: string;
  readonly rate?: string;
  readonly proxy?: string;
  readonly target?: string;
  readonly via?: Exclude<Via, 'icmp'>;
  readonly duration?: string;
  readonly set?: string[];
  readonly label: string;
}

export function addFleetScenarioOptions(command: Command): Command {
  return command
    .argument('<scenario>', 'name ("rushhour scenarios" lists them) or path of a YAML file')
    .option(
      '--on <selection>',
      'which probes: site=leeds,model=pi4; a|b is either; probe=ID is one (default: all)',
    )
    .option(
      '--rate-total <rate>',
      'set the scenario’s highest rate for all probes together, whose attempts they share; other arms in proportion',
    )
    .option('--rate <rate>', 'set the scenario’s highest rate at each probe, other arms in proportion')
    .option('-x, --proxy <host:port>', 'proxy for every arm without its own')
    .option('--target <url>', 'target for every arm without its own')
    .addOption(
      new Option('--via <way>', 'how every arm connects').choices(VIAS.filter((via) => via !== 'icmp')),
    )
    .option('--set <key=value>', 'set any other key (repeatable)', collect)
    .addOption(
      new Option('--label <text>', 'description of this run, shown with its results').default('', 'none'),
    );
}

/** What is ordered, as the flags change it. */
export interface FleetScenario {
  readonly ordered: RunOrder['scenario'];
  /** As each probe will read it, but for its share. */
  readonly scenario: Scenario;
  readonly ratePerSecTotal?: number;
}

/** @throws UsageError for mistakes that every probe would refuse */
export async function readFleetScenario(
  { cwd }: Host,
  nameOrPath: string,
  { rateTotal, rate, proxy, target, via, duration, set }: FleetScenarioFlags,
): Promise<FleetScenario> {
  const path = await findScenario(nameOrPath, scenarioDirs(cwd));
  const text = await readNamed(path).catch((cause: Error) => {
    throw new UsageError(`the scenario file ${path} cannot be read (${cause.message})`, { cause });
  });
  if (rateTotal !== undefined && rate !== undefined) {
    throw new UsageError('--rate and --rate-total exclude each other', { hint: 'give one of them' });
  }
  const ratePerSecTotal = rateTotal === undefined ? undefined : parseRate(rateTotal);
  if (ratePerSecTotal === 0) {
    throw new UsageError(`--rate-total ${rateTotal} sends nothing`, {
      hint: 'give a rate above 0, such as 300',
    });
  }
  const overrides = {
    ...(proxy !== undefined && { proxy }),
    ...(target !== undefined && { target }),
    ...(via !== undefined && { via }),
    ...(duration !== undefined && { duration }),
    ...(set !== undefined && { set }),
    ...(rate !== undefined && { rate }),
  };
  const name = scenarioName(path);
  return {
    ordered: { name: nameInOrder(name), text, overrides },
    scenario: parseScenario(text, name, overrides),
    ...(ratePerSecTotal !== undefined && { ratePerSecTotal }),
  };
}
