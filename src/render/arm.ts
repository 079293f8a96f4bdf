import type { ArmSummary } from '../analysis/types.ts';
import { listStatuses, OTHER_STATUS } from '../metrics/statuses.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { renderBrowsing } from './browsing.ts';
import { formatCount, formatMicros, formatPerSec, formatShare } from './format.ts';
import { renderLatency, renderPhases } from './latency.ts';
import { listMet } from './met.ts';
import { OUTCOME_TEXT } from './outcome-text.ts';
import type { Paint } from './paint.ts';
import { renderStallTimeSeries } from './stalls.ts';
import { renderLabelled, renderTable } from './table.ts';

const LEFT = { title: '', align: 'left' } as const;
const RIGHT = { title: '', align: 'right' } as const;

/** One arm: the outcomes of its attempts, its stalls and latencies. */
export function renderArm(name: string, arm: ArmSummary, width: number, paint: Paint): string[] {
  const room = width - 2;
  const body = [
    ...renderCounts(arm, room),
    ...renderRequests(arm, room),
    ...renderBrowsing(arm, room),
    ...renderStalls(arm, room, paint),
    ...renderSynAnswers(arm, room),
    ...renderRetransmits(arm, room),
    ...renderResent(arm, room),
    ...renderStallTimeSeries(arm, room),
    ...renderOutcomes(arm, room),
    ...renderAnswers('CONNECT', arm.tunnelStatuses, room),
    ...renderAnswers('answers', arm.statuses, room),
    ...renderOffers(arm, room),
    ...renderNames('refused by', arm.refusals, room),
    ...renderNames('errors', arm.errorNames, room),
    ...renderNames('not met', arm.unmetContent, room),
    ...renderNames('cut by', arm.cuts, room),
    ...renderProofs(arm, room),
    ...renderRamp(arm, room),
    ...renderLatency(arm, room),
    ...renderPhases(arm, room),
    ...renderEndpoints(arm, room),
  ];
  return [paint('strong', `Arm ${name}`), ...body.map((line) => `  ${line}`)];
}

function renderCounts(arm: ArmSummary, room: number): string[] {
  const counts = (['scheduled', 'started', 'unsent', 'established', 'completed'] as const).map(
    (key) => `${formatCount(arm[key])} ${key}`,
  );
  const lost =
    arm.lost === undefined
      ? ''
      : `; ${formatCount(arm.lost)} still open when the run was interrupted, outcome unknown`;
  return renderLabelled(
    'attempts',
    `${counts.join(', ')} (${formatShare(arm.completedShare)}); ${formatPerSec(arm.achievedPerSec)}${lost}`,
    room,
  );
}

/** Only if there is not exactly one request per connection. */
function renderRequests(arm: ArmSummary, room: number): string[] {
  const { requests = 0, connectionsPerRequest = 1, challenges = 0, tokens } = arm;
  const asked = challenges === 0 ? [] : [`credentials requested ${formatCount(challenges)} times`];
  const lines =
    asked.length === 0 && (requests === 0 || connectionsPerRequest === 1)
      ? []
      : renderLabelled(
          'requests',
          [`${formatCount(requests)}, ${connectionsPerRequest.toFixed(2)} connections each`, ...asked].join(
            '; ',
          ),
          room,
        );
  return tokens === undefined ? lines : [...lines, ...renderTokens(tokens, room)];
}

function renderTokens(tokens: NonNullable<ArmSummary['tokens']>, room: number): string[] {
  const { minted, discarded, failures, mintUs } = tokens;
  const failed = Object.entries(failures).map(([why, count]) => `${formatCount(count)} failed (${why})`);
  const text = [
    `${formatCount(minted)} made, p50 ${formatMicros(mintUs.p50)}, p99 ${formatMicros(mintUs.p99)} each`,
    ...(discarded === 0 ? [] : [`${formatCount(discarded)} too old to send`]),
    ...failed,
  ];
  return renderLabelled('tokens', text.join('; '), room);
}

function renderStalls(arm: ArmSummary, room: number, paint: Paint): string[] {
  const { stalled } = arm;
  const lines = renderLabelled('stalled', formatStalls(arm), room);
  return [
    ...(stalled.count > 0 ? lines.map((line) => paint('bad', line)) : lines),
    ...(stalled.count > 0 ? renderLabelled('', formatFates(stalled), room) : []),
    ...renderUnless0('healed', arm.healed, 'retransmitted, but fast: an early warning, not a stall', room),
    ...renderUnless0('slow', arm.slow, 'as long as a stall, but without a loss: the path is slow', room),
  ];
}

function formatStalls({ started, stalled }: ArmSummary): string {
  const count = `${formatCount(stalled.count)} of ${formatCount(started)} (${formatShare(stalled.rate)})`;
  if (started === 0) return count;
  const [low, high] = stalled.ci95.map(formatShare);
  return `${count}; the true rate is between ${low} and ${high} with 95 % confidence`;
}

function formatFates({ recovered, frozen, unresolved, ratePerFrame }: ArmSummary['stalled']): string {
  const fates = Object.entries({ recovered, frozen, unresolved })
    .filter(([, count]) => count > 0)
    .map(([fate, count]) => `${formatCount(count)} ${fate}`);
  return `${fates.join(', ')}; per second: p99 ${formatShare(ratePerFrame.p99)}, worst ${formatShare(ratePerFrame.max)}`;
}

function renderUnless0(label: string, count: number, text: string, room: number): string[] {
  return count === 0 ? [] : renderLabelled(label, `${formatCount(count)} ${text}`, room);
}

/** What packets show about attempts that went wrong, in sentences; all of a kind unless stated otherwise. */
function renderSynAnswers(arm: ArmSummary, room: number): string[] {
  return listMet(arm).flatMap((text, index) => renderLabelled(index === 0 ? 'packets' : '', text, room));
}

function renderRetransmits(arm: ArmSummary, room: number): string[] {
  const entries = Object.entries(arm.synRetransmits)
    .map(([times, count]) => [Number(times), count] as const)
    .filter(([times, count]) => times > 0 && count > 0)
    .sort(([a], [b]) => a - b)
    .map(([times, count]) => `${formatCount(count)} x ${times}`);
  return entries.length === 0
    ? []
    : renderLabelled('resent SYNs', `${entries.join(', ')} (handshakes x retransmissions each)`, room);
}

/** Shown only if a request was sent again. */
function renderResent({ requestsResent }: ArmSummary, room: number): string[] {
  if (requestsResent === undefined || requestsResent.count === 0) return [];
  const { count, measured, rate } = requestsResent;
  return renderLabelled(
    'resent',
    `requests on ${formatCount(count)} of ${formatCount(measured)} connections (${formatShare(rate)}), after the handshake`,
    room,
  );
}

function renderOutcomes(arm: ArmSummary, room: number): string[] {
  const rows = (Object.entries(arm.outcomes) as [Outcome, number][])
    .filter(([outcome, count]) => outcome !== 'ok' && count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => [formatCount(count), outcome, OUTCOME_TEXT[outcome] ?? '']);
  if (rows.length === 0) return renderLabelled('outcomes', 'all ok', room);
  return [
    'not ok',
    ...renderTable([RIGHT, LEFT, { ...LEFT, gives: 'words', least: 24 }], rows, room - 2).map(
      (line) => `  ${line}`,
    ),
  ];
}

/** Number of statuses shown; usually there are a handful. */
const MOST_STATUSES = 12;

/** The most frequent first. */
function renderAnswers(label: string, statuses: ArmSummary['statuses'] | undefined, room: number): string[] {
  const listed = listStatuses(statuses).sort(([, a], [, b]) => b - a);
  if (listed.length === 0) return [];
  const shown = listed
    .slice(0, MOST_STATUSES)
    .map(([status, count]) => `${formatCount(count)} x ${formatStatus(status)}`);
  const more = listed.length - shown.length;
  return renderLabelled(label, [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', '), room);
}

/** The schemes offered instead of the arm's. */
function renderOffers({ schemesOffered = {} }: ArmSummary, room: number): string[] {
  const offers = Object.entries(schemesOffered).sort(([, a], [, b]) => b - a);
  if (offers.length === 0) return [];
  const text = offers.map(([schemes, count]) => `${printable(schemes)} (${formatCount(count)} times)`);
  return renderLabelled('offered', `${text.join('; ')}: not the scheme of this arm`, room);
}

/** Counts by names that come from the far end or the scenario. */
function renderNames(label: string, counts: Readonly<Record<string, number>> = {}, room: number): string[] {
  const listed = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (listed.length === 0) return [];
  const text = listed.map(([name, count]) => `${formatCount(count)} x ${printable(name)}`);
  return renderLabelled(label, text.join('; '), room);
}

/** Number of ages shown; the summary contains all of them. */
const MOST_AGES = 8;

/** The state of held connections according to keep-alives, by idle time. */
function renderProofs({ proofs = [] }: ArmSummary, room: number): string[] {
  if (proofs.length === 0) return [];
  const ages = proofs.slice(0, MOST_AGES).map(({ ageSec, alive, cuts }) => {
    const cut = Object.values(cuts).reduce((sum, count) => sum + count, 0);
    return `${formatCount(alive)} of ${formatCount(alive + cut)} after ${ageSec} s`;
  });
  const more = proofs.length - ages.length;
  const text = [...ages, ...(more > 0 ? [`${more} more ages`] : [])].join(', ');
  return renderLabelled('alive', text, room);
}

function printable(name: string): string {
  return name.replace(/[^ -~]/g, '?');
}

function formatStatus(status: string): string {
  return status === OTHER_STATUS ? 'a status below 100 or above 599' : status;
}

function renderRamp({ ramp }: ArmSummary, room: number): string[] {
  if (ramp === undefined) return [];
  const counts = (['scheduled', 'unsent', 'completed', 'stalled'] as const).map(
    (key) => `${formatCount(ramp[key])} ${key}`,
  );
  return renderLabelled('ramp', `${counts.join(', ')}; not counted in the verdict`, room);
}

/** Only if there are several: a single endpoint is the arm itself. */
function renderEndpoints(arm: ArmSummary, room: number): string[] {
  const entries = Object.entries(arm.endpoints);
  if (entries.length < 2) return [];
  const rows = entries.map(([endpoint, counts]) => [
    endpoint,
    ...[counts.started, counts.established, counts.completed, counts.stalled].map(formatCount),
  ]);
  const titles = ['started', 'established', 'completed', 'stalled'];
  return renderTable(
    [{ title: 'endpoint', align: 'left' }, ...titles.map((title) => ({ title, align: 'right' }) as const)],
    rows,
    room,
  );
}
