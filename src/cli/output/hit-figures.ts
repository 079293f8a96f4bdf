import { readRunDetail } from '../../read/run-detail.ts';
import { renderAbFigures } from '../../render/ab-figures.ts';
import { createPaint } from '../../render/paint.ts';
import type { FinishedRun } from '../../session/types.ts';
import type { Host } from '../host.ts';
import { wantsColour } from '../host.ts';

/** Figures that `hit` prints below its summary, as users of ab expect; empty if its folder cannot be read. */
export async function describeHit({ plan, summary }: FinishedRun, via: string, host: Host): Promise<string> {
  const arm = summary.arms['hit'];
  const detail = await readRunDetail(plan.dir).catch(() => undefined);
  const times =
    via === 'tcp' ? { of: 'handshakes', tag: 'hit.handshake' } : { of: 'requests', tag: 'hit.total' };
  const histogram = detail?.histograms.get(times.tag);
  if (arm === undefined || histogram === undefined) return '';
  const paint = createPaint(wantsColour(host, host.stdout));
  return renderAbFigures(arm, { of: times.of, histogram }, host.stdout.columns, paint);
}
