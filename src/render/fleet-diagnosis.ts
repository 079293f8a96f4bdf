import type { FleetSummary, SiteDiagnosis, SiteSummary } from '../analysis/sites/types.ts';
import { escapeControls } from './escape.ts';
import { renderCommon, SITE_WORDS } from './fleet.ts';
import { type FleetLook, renderNext } from './fleet-next.ts';
import { escapeMarkdown } from './markdown.ts';
import { createPaint, type Tone } from './paint.ts';
import { wrap } from './table.ts';

/** Enough to read, and not too much for a ticket. */
const MIN_WIDTH = 40;
const MAX_WIDTH = 98;

const TONES: Readonly<Record<SiteDiagnosis['verdict'], Tone>> = {
  ...{ named: 'bad', mixed: 'bad', 'cannot-tell': 'doubt', healthy: 'good', none: 'doubt' },
};

/** Why a fleet's run went as it did: which sites are ill, what they have in common, and the verdict of each. */
export function renderFleetDiagnosis(summary: FleetSummary, look: FleetLook): string {
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, look.width));
  const paint = createPaint(look.colour);
  const blocks = [
    [
      ...wrap(summary.text, width).map((line) => paint('strong', line)),
      `  run ${escapeControls(summary.run.id)}${labelOf(summary)}`,
    ],
    renderCommon(summary.common, width),
    ...groupSites(summary).map(({ heading, tone, lines }) => [
      ...wrap(heading, width).map((line) => paint(tone, line)),
      ...lines.flatMap((text) =>
        wrap(text, width - 4).map((line, at) => `${at === 0 || lines.length === 1 ? '  ' : '    '}${line}`),
      ),
    ]),
    renderNext(summary, look),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** The same for a ticket. */
export function renderFleetDiagnosisMarkdown(summary: FleetSummary): string {
  const say = (text: string): string => escapeMarkdown(escapeControls(text));
  const blocks = [
    `**${say(summary.text)}**`,
    `Run \`${escapeControls(summary.run.id)}\`${escapeMarkdown(labelOf(summary))}.`,
    ...summary.common.map(({ text }) => `- ${say(text)}`),
    ...groupSites(summary).map(({ heading, lines }) =>
      [`### ${say(heading)}\n`, ...lines.map((line) => `${lines.length === 1 ? '' : '- '}${say(line)}`)].join(
        '\n',
      ),
    ),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function labelOf({ run: { label } }: FleetSummary): string {
  return label === '' ? '' : ` (${escapeControls(label)})`;
}

interface SiteGroup {
  readonly heading: string;
  readonly tone: Tone;
  /** One of each group of probes whose runs say the same. */
  readonly lines: readonly string[];
}

/** Those that are ill first; sites of which the same is said, together. */
function groupSites({ sites }: FleetSummary): SiteGroup[] {
  const isIll = ({ status }: SiteSummary): boolean => status === 'ill';
  const ordered = [...sites.filter(isIll), ...sites.filter((site) => !isIll(site))];
  const groups = new Map<string, SiteSummary[]>();
  for (const site of ordered) {
    const key = JSON.stringify([site.status, site.diagnosis.text]);
    groups.set(key, [...(groups.get(key) ?? []), site]);
  }
  return [...groups.values()].map((own) => {
    const [{ status, diagnosis }] = own as [SiteSummary, ...SiteSummary[]];
    const names = own.map(({ name, firewalls }) =>
      firewalls.length === 0 ? name : `${name} (${firewalls.join(', ')})`,
    );
    return {
      heading: `${names.join(', ')}: ${SITE_WORDS[status]}`,
      ...{ tone: TONES[diagnosis.verdict], lines: linesOf(diagnosis) },
    };
  });
}

function linesOf({ text, said }: SiteDiagnosis): string[] {
  return said.length < 2 ? [text] : said.map((one) => `${one.probes.join(', ')}: ${one.text}`);
}
