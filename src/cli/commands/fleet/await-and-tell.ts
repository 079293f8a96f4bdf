import { linesToAllow } from '../../../analysis/sites/refusals.ts';
import type { Link } from '../../../fleet/connect.ts';
import type { FleetEvent } from '../../../fleet/messages.ts';
import { awaitEvents } from '../../../fleet/operator/await-ends.ts';
import { escapeControls } from '../../../render/escape.ts';
import { renderToAllow } from '../../../render/fleet-refusals.ts';
import type { Host } from '../../host.ts';
import type { Output } from '../../output/process-output.ts';
import { inWords } from './receive.ts';

/** A probe that is there takes an order at once; one whose link is slow, somewhat later. Milliseconds. */
const ANSWERED_WITHIN_MS = 20_000;

/**
 * Waits for the answers of probes that are there, and prints each.
 * @returns probes that have not answered, those that are away among them
 */
export async function awaitAndTell(
  host: Host,
  link: Link,
  { id, parts }: { readonly id: string; readonly parts: readonly { readonly probe: string }[] },
  how: {
    readonly kinds: readonly FleetEvent['kind'][];
    readonly present: readonly string[];
    readonly told?: (probe: string, event: FleetEvent) => void;
    /** Where answers are printed; by default stdout. */
    readonly out?: Output;
  },
): Promise<string[]> {
  const ending = new AbortController();
  const release = host.onStopSignal(() => ending.abort());
  const timer = setTimeout(() => ending.abort(), ANSWERED_WITHIN_MS);
  const isThere = ({ probe }: { readonly probe: string }): boolean => how.present.includes(probe);
  const reasons: string[] = [];
  try {
    const silent = await awaitEvents(
      link,
      { id, parts: parts.filter(isThere) },
      how.kinds,
      (probe, event) => {
        (how.out ?? host.stdout).write(`${escapeControls(`${probe}: ${inWords(event)}`)}\n`);
        if (event.kind === 'refused') reasons.push(...event.reasons);
        how.told?.(probe, event);
      },
      ending.signal,
    );
    for (const line of renderToAllow(linesToAllow(reasons))) host.stderr.write(`${line}\n`);
    return [...silent, ...parts.filter((part) => !isThere(part)).map(({ probe }) => probe)].sort();
  } finally {
    clearTimeout(timer);
    release();
  }
}
