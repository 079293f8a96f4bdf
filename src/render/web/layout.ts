import { escapeHtml } from '../report/html.ts';

export type Place = 'runs' | 'live' | 'compare' | 'elsewhere';

export interface Layout {
  readonly title: string;
  readonly place: Place;
  /** HTML. */
  readonly main: string;
  /** Whether the page needs our script. */
  readonly hasScript?: boolean;
}

/** What every page of this server loads. */
export const HEAD = `<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/serve.css">`;

/** A whole page, in the report's colours. */
export function renderLayout({ title, place, main, hasScript = false }: Layout): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} - rushhour</title>
<link rel="stylesheet" href="/assets/report.css">
${HEAD}${hasScript ? '\n<script src="/assets/serve.js" defer></script>' : ''}
</head>
<body>
${renderNav(place)}
<main id="main">
<h1>${escapeHtml(title)}</h1>
${main}
</main>
</body>
</html>
`;
}

/** @param more HTML of further links */
export function renderNav(place: Place, more = ''): string {
  const link = (href: string, text: string, here: Place) =>
    `<a href="${href}"${place === here ? ' aria-current="page"' : ''}>${text}</a>`;
  return `<nav class="site" aria-label="rushhour"><strong>rushhour</strong> ${link('/', 'Runs', 'runs')} ${link('/live', 'Live', 'live')} ${link('/compare', 'Compare', 'compare')}${more}</nav>`;
}

/** Address of a page of a run. */
export function runHref(folder: string, below = ''): string {
  return escapeHtml(`/runs/${encodeURIComponent(folder)}${below}`);
}
