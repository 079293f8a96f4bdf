import { formatDifference, formatFigure } from '../compare/words.ts';
import { groupThousands } from '../group-digits.ts';
import { isWithoutVerdict, type SiteJudgement } from './judge.ts';
import { sumOverArms } from './sums.ts';
import type {
  FleetPart,
  FleetSummary,
  PartRun,
  ProbeSummary,
  SiteStatus,
  SiteSummary,
  Stage,
} from './types.ts';

/** Names that a sentence lists. */
const MOST_NAMED = 10;

/** What is said of a site without a judgement. */
export const WITHOUT: Readonly<Record<SiteStatus, string>> = {
  'no-data': 'nothing that its probes recorded is here',
  'generator-limited': 'its probes were the bottleneck, so that they say nothing about what they tested',
  'cannot-tell': 'too short to tell how much it varies',
  ...{ ill: '', 'not-ill': '' },
};

/** Why a site has no judgement. */
export function whyWithout(status: SiteStatus, parts: readonly Pick<FleetPart, 'status'>[]): string {
  return status === 'no-data' && areRefused(parts) ? REFUSED : WITHOUT[status];
}

const REFUSED = 'its probes refused the run';

function areRefused(parts: readonly Pick<FleetPart, 'status'>[]): boolean {
  return parts.length > 0 && parts.every(({ status }) => status === 'refused');
}

/** Sites of which every probe refused. */
function refusedOf(sites: readonly SiteSummary[], probes: readonly ProbeSummary[]): readonly string[] {
  const names = sites.filter(({ status }) => status === 'no-data').map(({ name }) => name);
  return names.filter((name) => areRefused(probes.filter(({ site }) => site === name)));
}

/** The figures that decided of a site, or what would have shown. */
export function describeJudgement(
  { verdict, lines }: SiteJudgement,
  runs: readonly PartRun[],
  parts: readonly FleetPart[],
): string {
  const of = runs.length === parts.length ? '' : `, by ${runs.length} of its ${parts.length} probes`;
  const deciding = lines.filter(({ decides }) => decides);
  const worse = deciding.filter((line) => line.verdict === 'worse');
  if (worse.length > 0) {
    const figures = worse.map(
      ({ arm, figure, unit, before, after, pAdjusted }) =>
        `${arm}.${figure} ${formatFigure(after, unit)} against ${formatFigure(before, unit)} of the others (p ${formatChance(pAdjusted)})`,
    );
    return `${figures.join('; ')}${of}`;
  }
  const stalls = deciding.filter(({ figure }) => figure === 'stalled.rate');
  const shown = stalls.filter((line) => verdict === 'cannot-tell' || line.verdict !== 'cannot tell');
  const reach = shown.map(({ arm, smallestDifference, unit }) =>
    smallestDifference === null
      ? `no difference would have shown in ${arm}`
      : `in ${arm}, ${formatDifference(smallestDifference, unit)} more stalls would have shown`,
  );
  return `${reach.length === 0 ? 'no arm was measured here and elsewhere' : reach.join('; ')}${of}`;
}

function formatChance(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

const KEEPS_UP = 'With a lower --rate, probes keep up.';

/** What can be said of all sites of a run, in a few sentences, or until now if it goes on. */
export function describeSoFar(
  { stage, startsAt }: Pick<FleetSummary['run'], 'stage' | 'startsAt'>,
  sites: readonly SiteSummary[],
  probes: readonly ProbeSummary[],
): string {
  if (stage === 'waiting') {
    const when = startsAt === null ? '' : `: it begins at ${sayMoment(startsAt)}`;
    return `Not begun yet${when}.`;
  }
  const said = describeSites(sites, probes, stage);
  return stage === 'over' ? said : `Still running; so far: ${said.charAt(0).toLowerCase()}${said.slice(1)}`;
}

/** `2025-01-31 06:00:00 UTC`, from RFC 3339. */
function sayMoment(rfc3339: string): string {
  return rfc3339.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');
}

function describeSites(sites: readonly SiteSummary[], probes: readonly ProbeSummary[], stage: Stage): string {
  const [one] = sites;
  if (one !== undefined && sites.length === 1) return describeAlone(one);
  if (isClean(sites)) {
    const little =
      stage === 'over'
        ? 'Too little was sent to tell small differences between them: that takes a longer run.'
        : 'Too little has been sent to tell small differences between them.';
    return `No handshake stalled at any of ${formatCount(sites.length)} sites. ${little}`;
  }
  const named = (status: SiteStatus): string[] =>
    sites.filter((site) => site.status === status).map(({ name }) => name);
  const refused = refusedOf(sites, probes);
  const ill = named('ill');
  const total = sites.length === 1 ? '1 site' : `${formatCount(sites.length)} sites`;
  const judged = ill.length + named('not-ill').length;
  const head =
    ill.length > 0
      ? `${formatCount(ill.length)} of ${total} ${ill.length === 1 ? 'is' : 'are'} ill beside the others: ${listNames(ill)}.`
      : judged === sites.length
        ? `None of ${total} is ill beside the others.`
        : judged > 0
          ? `No site is ill beside the others, of ${formatCount(judged)} of ${total} that can be judged.`
          : `No site can be judged beside others.`;
  const rest = (
    [
      ['Cannot tell', named('cannot-tell')],
      ['Generator-limited', named('generator-limited')],
      ['Refused', refused],
      ['No data', named('no-data').filter((name) => !refused.includes(name))],
    ] as const
  ).flatMap(([words, names]) => (names.length === 0 ? [] : [` ${words}: ${listNames(names)}.`]));
  return `${head}${rest.join('')}${isWithoutVerdict(sites) ? ` ${KEEPS_UP}` : ''}`;
}

/** What can be said of the only site. */
function describeAlone({ name, status, text, ...sums }: SiteSummary): string {
  if (status === 'no-data') return `No verdict on ${name}: ${text}.`;
  if (status === 'generator-limited') return `No verdict on ${name}: ${text}. ${KEEPS_UP}`;
  const { started, stalled } = sumOverArms(sums);
  const what =
    stalled === 0
      ? 'No handshake stalled'
      : `${formatCount(stalled)} of ${formatCount(started)} handshakes stalled`;
  return `${what} at ${name}; there is no other site to compare it with.`;
}

/** Nothing is amiss with any of several sites, as far as was sent: they only cannot be told apart. */
function isClean(sites: readonly SiteSummary[]): boolean {
  return (
    sites.length > 1 &&
    sites.every(({ status, ...sums }) => {
      const { started, completed, stalled } = sumOverArms(sums);
      return status === 'cannot-tell' && started > 0 && completed === started && stalled === 0;
    })
  );
}

/** The first of them, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return [...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function formatCount(count: number): string {
  return groupThousands(String(count));
}
