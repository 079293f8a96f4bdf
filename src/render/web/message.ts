import { escapeHtml } from '../report/html.ts';
import { renderLayout } from './layout.ts';

/** A page with only a message. */
export function renderMessage(title: string, hint: string | undefined): string {
  return renderLayout({
    title: title.replace(/^./, (first) => first.toUpperCase()),
    place: 'elsewhere',
    main: hint === undefined ? '' : `<p>${escapeHtml(hint)}</p>`,
  });
}
