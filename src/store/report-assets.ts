import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { locateOwn } from '../places.ts';

/** The files that a report is made of, as texts. */
export async function readReportAssets(): Promise<{
  uplotScript: string;
  uplotStyle: string;
  uplotLicence: string;
  script: string;
  style: string;
}> {
  // Its main file lies in dist/, wherever npm has put the package.
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const own = locateOwn('assets/report/');
  const [uplotScript, uplotStyle, uplotLicence, script, style] = await Promise.all([
    readFile(join(uplot, 'uPlot.iife.min.js'), 'utf8'),
    readFile(join(uplot, 'uPlot.min.css'), 'utf8'),
    readFile(join(uplot, '..', 'LICENSE'), 'utf8'),
    readFile(new URL('page.js', own), 'utf8'),
    readFile(new URL('page.css', own), 'utf8'),
  ]);
  return { uplotScript, uplotStyle, uplotLicence, script, style };
}
