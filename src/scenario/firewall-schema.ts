import * as z from 'zod';
import { fixParams, parsedText } from './leaves.ts';
import { positiveDuration } from './quantities.ts';
import { checkCommand } from './shell-command.ts';
import type { FirewallSpec } from './types.ts';

/** A firewall that is asked more often is loaded by that. Microseconds. */
const SHORTEST_EVERY_US = 1_000_000;
const DEFAULT_EVERY_US = 10_000_000;
/** The run waits for commands before and after its load. Microseconds. */
const LONGEST_TIMEOUT_US = 120_000_000;
const DEFAULT_TIMEOUT_US = 20_000_000;

const command = (examples: readonly string[]) => parsedText(checkCommand, { examples });

/** What a firewall says of itself, by commands that sh runs on this machine. */
export const firewall = z
  .strictObject({
    before: command(["ssh fw 'show full-configuration system global'"])
      .optional()
      .describe('Command whose output is kept before the load. Default: none.'),
    after: command(["ssh fw 'get system session-info statistics'"])
      .optional()
      .describe('Command whose output is kept after the load. Default: that of before, once more.'),
    run: command(['conntrack -S'])
      .optional()
      .describe('Command that runs repeatedly during the load; each output is kept. Default: none.'),
    every: positiveDuration().optional().describe('How often run is run, 1s or longer. Default: 10s.'),
    timeout: positiveDuration()
      .optional()
      .describe('How long a command may take, at most 2m; then it is ended. Default: 20s.'),
  })
  .transform(({ before, after, run, every, timeout }, context): FirewallSpec => {
    const refuse = (message: string, fix: string, key?: string): void => {
      context.issues.push({
        ...{ code: 'custom', message, params: fixParams(fix), input: undefined },
        ...(key === undefined ? {} : { path: [key] }),
      });
    };
    if (before === undefined && after === undefined && run === undefined)
      refuse('no command', 'give before, after or run');
    if (every !== undefined && run === undefined)
      refuse('"every" without "run"', 'add run: the command that is to run so often', 'every');
    if (every !== undefined && every < SHORTEST_EVERY_US)
      refuse('more often than a firewall should be asked', 'give 1s or more', 'every');
    if (timeout !== undefined && timeout > LONGEST_TIMEOUT_US)
      refuse('longer than a run should wait', 'give 2m or less', 'timeout');
    return {
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...(run === undefined ? {} : { run, everyUs: every ?? DEFAULT_EVERY_US }),
      timeoutUs: timeout ?? DEFAULT_TIMEOUT_US,
    };
  })
  .describe(
    'Commands that this machine runs to query the firewall. Their output is kept with the run and compared. --no-firewall skips them. Default: none.',
  );
