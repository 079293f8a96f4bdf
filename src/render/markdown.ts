/** Labels may contain any text; only Markdown that would change the line is escaped. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_<[\]]/g, '\\$&');
}
