import { type Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import type { PacSource } from '../../scenario/types.ts';

export interface PacOptions {
  readonly pac?: string;
  readonly spread?: boolean;
}

/** For commands that have `--proxy`. */
export function addPacOption(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--pac <file|url>',
        'use the proxy that a proxy.pac or wpad.dat returns for the target; needs optional packages',
      ).conflicts('proxy'),
    )
    .option('--spread', 'with --pac: use all proxies that it returns in turn, not only the first');
}

/**
 * The proxy.pac script named by the flags; undefined if there is none.
 * @throws UsageError for --spread without --pac
 */
export function readPac({ pac, spread = false }: PacOptions): PacSource | undefined {
  if (pac !== undefined) return { source: pac, spread };
  if (!spread) return undefined;
  throw new UsageError('--spread needs --pac', {
    hint: 'give the script with --pac, or write --set proxy.spread=true for a script named in the scenario',
  });
}
