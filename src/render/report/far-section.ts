import {
  formatClocks,
  formatInTransit,
  formatMatched,
  formatNat,
  formatReuse,
  listFates,
} from '../far-words.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { type Side, sideLabel } from './sides.ts';

/** What both sides saw, where a capture of the far one was joined. */
export function farSection(sides: readonly Side[]): string {
  const joined = sides.flatMap(({ name, run: { summary } }) =>
    summary.far === undefined ? [] : [{ name, far: summary.far }],
  );
  if (joined.length === 0) return '';
  const fates = joined.flatMap(({ name, far }) =>
    Object.entries(far.series).flatMap(([series, sums]) =>
      listFates(sums).map((text) => sideLabel(name, `${series}: ${text}`)),
    ),
  );
  const rows = joined.flatMap(({ name, far }) =>
    [
      ['matched', formatMatched(far)],
      ['clocks', formatClocks(far)],
      ['NAT', formatNat(far)],
      ['port reuse', formatReuse(far)],
      ['in transit', formatInTransit(far)],
      ...far.remarks.map((remark) => ['note', remark]),
    ].map(([what = '', text = '']) => [sideLabel(name, what), text]),
  );
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const table = htmlTable({ columns: [left('what'), left('seen')], rows }, 'Both sides');
  const list = fates.map((text) => `<li>${escapeHtml(text)}</li>`).join('');
  return `<section><h2>What the far side saw</h2>${list === '' ? '' : `<ul class="findings">${list}</ul>`}${table}</section>`;
}
