import { escapeControls } from '../../render/escape.ts';
import { shownPath } from '../../scenario/shown-path.ts';
import { quoteForShell } from '../../service/quote.ts';
import { resultsDir } from '../flags/run-options.ts';
import type { Host } from '../host.ts';

/** The command that diagnoses the run in a folder of these results, as it is to be typed here. @param results absolute */
export function diagnoseCommand(host: Host, results: string): (folder: string) => string {
  const flag =
    results === resultsDir(host, undefined)
      ? ''
      : ` --results ${quoteForShell(escapeControls(shownPath(results, host.cwd)))}`;
  return (folder) => `${host.program} diagnose ${quoteForShell(escapeControls(folder))}${flag}`;
}
