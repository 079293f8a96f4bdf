import type { Comparison } from '../../analysis/compare/types.ts';
import type { RunDetail } from '../../analysis/run-detail.ts';
import { answersSection, namesSection } from './answers-section.ts';
import { countersSection } from './counters-section.ts';
import { diagnosisSection } from './diagnosis-section.ts';
import { farSection } from './far-section.ts';
import { type Figure, packPlot } from './figure.ts';
import { firewallSection } from './firewall-section.ts';
import { handshakeFigure } from './handshake-figure.ts';
import { holdsSection } from './holds-section.ts';
import { embedJson, escapeHtml, htmlTable } from './html.ts';
import { ladderSection } from './ladder-section.ts';
import { metSection } from './met-section.ts';
import { outcomesFigure } from './outcomes-figure.ts';
import { renderPage } from './page-frame.ts';
import { percentileFigure } from './percentile-figure.ts';
import { pingsSection } from './pings-section.ts';
import { portsSection } from './ports-section.ts';
import { reuseFigure } from './reuse-figure.ts';
import {
  comparisonSection,
  hostSection,
  keyFiguresSection,
  reproduceSection,
  testedLine,
  verdictSection,
} from './sections.ts';
import { armNames, armSides, type Side } from './sides.ts';
import { stalledFigure } from './stalled-figure.ts';

/** What is inlined: texts of files, for this room reads none. */
export interface ReportAssets {
  /** uPlot: script, style sheet and the licence that goes with every copy. */
  readonly uplotScript: string;
  readonly uplotStyle: string;
  readonly uplotLicence: string;
  readonly script: string;
  readonly style: string;
}

export interface ReportInput {
  /** One run, or the one before and the one after. */
  readonly runs: readonly [RunDetail] | readonly [RunDetail, RunDetail];
  /** Of two runs. */
  readonly comparison?: Comparison;
}

/** Nothing is fetched, whatever a label contains: only scripts and styles of this file (CSP level 3). */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** A whole page that needs no other file: verdict first, then figures, settings, and how to do it again. */
export function renderReport({ runs, comparison }: ReportInput, assets: ReportAssets): string {
  const sides: readonly Side[] =
    runs.length === 1
      ? [{ name: '', run: runs[0] }]
      : [
          { name: 'before', run: runs[0] },
          { name: 'after', run: runs[1] },
        ];
  const title = `rushhour: ${runs.map(({ name, summary }) => summary.run.label || name).join(' and ')}`;
  const arms = armNames(sides).map((arm) => ({ arm, figures: figuresOf(arm, sides) }));
  const plots = arms.flatMap(({ arm, figures }, index) =>
    figures.map((figure) => ({ id: idOf(index, figure), arm, plots: figure.plots.map(packPlot) })),
  );
  const styles = [assets.uplotStyle, assets.style];
  return renderPage(
    { title, policy: POLICY, styles },
    `<header><h1>${escapeHtml(title)}</h1>
${sides.map(testedLine).join('\n')}</header>
<main>
${comparison === undefined ? '' : comparisonSection(comparison)}
${sides.map(verdictSection).join('\n')}
${diagnosisSection(sides)}
${keyFiguresSection(sides)}
${firewallSection(sides, comparison)}
${pingsSection(sides)}
${countersSection(sides)}
${answersSection(sides)}
${namesSection(sides)}
${metSection(sides)}
${farSection(sides)}
${ladderSection(sides)}
${portsSection(sides)}
${holdsSection(sides)}
${arms.map(({ arm, figures }, index) => armSection(arm, index, figures)).join('\n')}
${hostSection(sides)}
${reproduceSection(sides)}
</main>
<noscript><p>Figures are drawn by a script of this file, which is switched off here; their tables hold the same.</p></noscript>
<script type="application/json" id="plots">${embedJson(plots)}</script>
<script>/*\n${assets.uplotLicence}\n*/\n${assets.uplotScript}</script>
<script>${assets.script}</script>`,
  );
}

function figuresOf(arm: string, sides: readonly Side[]): Figure[] {
  const both = armSides(sides, arm);
  return [stalledFigure, handshakeFigure, percentileFigure, reuseFigure, outcomesFigure].flatMap(
    (make) => make(arm, both) ?? [],
  );
}

/** Arms may be called anything: ids of the page are made of their number. */
function idOf(arm: number, figure: Figure): string {
  return `arm-${arm}-${figure.id}`;
}

function armSection(arm: string, index: number, figures: readonly Figure[]): string {
  return `<section class="arm"><h2>Arm ${escapeHtml(arm)}</h2>
${figures.map((figure) => figureHtml(arm, idOf(index, figure), figure)).join('\n')}
</section>`;
}

function figureHtml(arm: string, id: string, { heading, note, plots, table }: Figure): string {
  const label = `${heading}, arm ${arm}`;
  return `<figure id="${id}" aria-labelledby="${id}-heading">
<h3 id="${id}-heading">${escapeHtml(heading)}</h3>
<figcaption>${escapeHtml(note)}</figcaption>
${plots
  .map(
    ({ title }) =>
      `<div class="plot" tabindex="0" role="application" aria-label="${escapeHtml(`${title === '' ? label : `${label}, ${title}`}. Arrow keys step through its points; the table below has the same figures.`)}"></div>`,
  )
  .join('')}
<p class="reading" aria-live="polite"></p>
<details><summary>As a table</summary>${htmlTable(table, label)}</details>
</figure>`;
}
