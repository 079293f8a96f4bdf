import { summariseFirewall } from '../analysis/firewall/compare-views.ts';
import type { Summary } from '../analysis/types.ts';
import { readFirewallView } from './firewall-view.ts';

/** What a summary says of files that were written beside the seconds. */
export async function readBeside(dir: string): Promise<Pick<Summary, 'firewall'>> {
  const view = await readFirewallView(dir);
  return view === undefined ? {} : { firewall: summariseFirewall(view) };
}
