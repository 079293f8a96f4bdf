import { createHash } from 'node:crypto';
import type { ReportAssets } from '../render/report/page.ts';

const ALWAYS = "base-uri 'none'; frame-ancestors 'none'";

/** Of our own pages: files of this server alone, and nothing inline. */
export const PAGE_POLICY = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; ${ALWAYS}`;

/**
 * Of a report, which carries its scripts in it: those that were shipped may run, by their hashes. They are hashed from
 * their files and not from the page, for what stands in a page may have come from a label.
 */
export function reportPolicy({ uplotScript, uplotStyle, uplotLicence, script, style }: ReportAssets): string {
  // As page.ts puts them there, to the letter.
  const scripts = [`/*\n${uplotLicence}\n*/\n${uplotScript}`, script].map(hashOf);
  const styles = [`${uplotStyle}\n${style}`].map(hashOf);
  return `default-src 'none'; script-src ${scripts.join(' ')}; style-src 'self' ${styles.join(' ')}; img-src 'self'; form-action 'none'; ${ALWAYS}`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
