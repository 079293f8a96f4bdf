import { escapeHtml } from '../report/html.ts';
import { HEAD, renderNav, runHref } from './layout.ts';

/** The policy of a file opened on its own; served pages have a stricter one in their header. */
const OWN_POLICY = /<meta http-equiv="Content-Security-Policy"[^>]*>/;

/** Embeds a report in the site, with navigation above it. */
export function frameReport(report: string, links: string): string {
  return report
    .replace(OWN_POLICY, () => HEAD)
    .replace('<body>', () => `<body>\n${renderNav('elsewhere', links)}`);
}

/** Links from the report of one run. */
export function runLinks(folder: string, isRunning: boolean): string {
  const json = `<a href="${escapeHtml(`/api/runs/${encodeURIComponent(folder)}/summary`)}">JSON</a>`;
  return isRunning ? ` <a href="${runHref(folder)}">This run, live</a> ${json}` : ` ${json}`;
}

/** Links from the report of two runs. */
export function compareLinks(before: string, after: string): string {
  const query = (one: string, other: string) =>
    escapeHtml(new URLSearchParams({ before: one, after: other }).toString());
  return ` <a href="${runHref(before)}">Before</a> <a href="${runHref(after)}">After</a> <a href="/compare?${query(after, before)}">Swap</a> <a href="/api/compare?${query(before, after)}">JSON</a>`;
}
