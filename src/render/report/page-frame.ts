import { escapeHtml } from './html.ts';

export interface PageFrame {
  readonly title: string;
  /** Content security policy (CSP level 3). */
  readonly policy: string;
  /** Style sheets, in their order. */
  readonly styles: readonly string[];
}

/** A page that needs no other file. @param body its HTML */
export function renderPage({ title, policy, styles }: PageFrame, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${styles.join('\n')}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
