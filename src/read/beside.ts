import { summariseFirewall } from '../analysis/firewall/compare-views.ts';
import type { Summary } from '../analysis/types.ts';
import { readFar } from '../store/far-files.ts';
import { readFirewallView } from './firewall-view.ts';

/** What a summary says of files that were written beside the seconds. */
export async function readBeside(dir: string): Promise<Pick<Summary, 'firewall'>> {
  const view = await readFirewallView(dir);
  return view === undefined ? {} : { firewall: summariseFirewall(view) };
}

/** What both sides saw, which may have been joined at any time after the run; a damaged file is as none. */
export async function readFarBeside(dir: string): Promise<Pick<Summary, 'far'>> {
  const file = await readFar(dir);
  return file.kind === 'whole' ? { far: file.value } : {};
}
