import { UsageError } from '../../src/errors.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import type { Load } from '../../src/scenario/load-types.ts';
import type { Overrides } from '../../src/scenario/overrides.ts';
import type { Arm, Scenario } from '../../src/scenario/types.ts';

/** A scenario of the given arms that lacks nothing. */
export function scenarioOf(arms: string, overrides: Overrides = {}): Scenario {
  return parseScenario(
    `schema: 1\nproxy: proxy.example:3128\ntarget: http://www.example.org/\narms:\n${arms}`,
    'test',
    overrides,
  );
}

export function armOf(scenario: Scenario, name: string): Arm {
  const arm = scenario.arms.find((candidate) => candidate.name === name);
  if (arm === undefined) throw new Error(`no arm ${name}`);
  return arm;
}

export function loadOf(scenario: Scenario, name: string): Load {
  return armOf(scenario, name).load;
}

/** The mistakes that a scenario is refused for, one a line, as the user sees them. */
export function mistakesIn(text: string, overrides: Overrides = {}): string[] {
  return mistakesOf(() => parseScenario(text, 'bad', overrides));
}

export function mistakesOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.message.split('\n  ').slice(1);
  }
  throw new Error('nothing was found wrong');
}
