import type { FirewallText, FirewallView } from '../analysis/firewall/types.ts';
import { eachFirewallOutput, type FirewallOutput } from '../store/firewall-file.ts';

/** What a run kept of its firewall; undefined if it asked for nothing. Of what was asked during the load, first and last are kept. */
export async function readFirewallView(dir: string): Promise<FirewallView | undefined> {
  let before: FirewallText | undefined;
  let after: FirewallText | undefined;
  let during: FirewallView['during'];
  let isAgain = false;
  let isEmpty = true;
  const failures = new Map<string, { phase: string; how: string; count: number }>();
  await eachFirewallOutput(dir, (output) => {
    isEmpty = false;
    const { phase, failure, program, text } = output;
    if (failure !== undefined) addFailure(failures, output, failure);
    // What one printed that failed is kept in the file; it is no view to compare.
    if (failure !== undefined) return;
    const shown = { program, text };
    switch (phase) {
      case 'before':
        before ??= shown;
        return;
      case 'during':
        during = { first: during?.first ?? shown, last: shown, count: (during?.count ?? 0) + 1 };
        return;
      case 'after':
        after = shown;
        isAgain = output.isAgain === true;
    }
  });
  if (isEmpty) return undefined;
  return {
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(during === undefined ? {} : { during }),
    ...{ isAgain, failures: [...failures.values()] },
  };
}

function addFailure(
  failures: Map<string, { phase: string; how: string; count: number }>,
  { phase }: FirewallOutput,
  how: string,
): void {
  const key = `${phase}\n${how}`;
  const known = failures.get(key) ?? { phase, how, count: 0 };
  known.count += 1;
  failures.set(key, known);
}
