import { createHash } from 'node:crypto';
import type { ReportAssets } from '../render/report/page.ts';

const ALWAYS = "base-uri 'none'; frame-ancestors 'none'";

/** For our own pages: only files of this server, and nothing inline. */
export const PAGE_POLICY = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; ${ALWAYS}`;

/**
 * For a report, which contains its scripts: only the scripts that were shipped may run, identified by their hashes.
 * The hashes are of the files and not of the page, because parts of the page may come from a label.
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
