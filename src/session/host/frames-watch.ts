import type { Frame } from '../../metrics/types.ts';
import { OUTCOME_GROUPS, type Outcome } from '../../outcome/outcome.ts';

export type FrameTrouble = 'credentials' | 'local-limit';

export type FrameChange =
  | { readonly what: 'began'; readonly kind: FrameTrouble; readonly fromSec: number; readonly text: string }
  /** @property toSec exclusive */
  | { readonly what: 'ended'; readonly kind: FrameTrouble; readonly toSec: number };

/** Seconds without trouble before it counts as over. */
const CLEAN_SECONDS = 5;

/** As for a whole run: above this share of the scheduled attempts, the load was not what the scenario asked for. */
const NOTABLE_SHARE = 0.01;

/** Occurrences within one second, by cause. */
type Causes = readonly (readonly [cause: string, count: number])[];

interface Lasting {
  lastSec: number;
  clean: number;
}

/** Detects, from each second's counts, when this machine itself kept load from being sent. */
export class FramesWatch {
  readonly #lasting = new Map<FrameTrouble, Lasting>();

  check(frame: Frame): FrameChange[] {
    const credentials = findMissingCredentials(frame);
    const limits = findLocalLimits(frame);
    return [
      ...this.#judge(
        'credentials',
        frame.second,
        credentials,
        (causes) => `credentials were missing: ${causes}`,
      ),
      ...this.#judge(
        'local-limit',
        frame.second,
        limits,
        (causes) => `this machine could not carry the load: ${causes}`,
      ),
    ];
  }

  #judge(
    kind: FrameTrouble,
    second: number,
    causes: Causes,
    describe: (causes: string) => string,
  ): FrameChange[] {
    const lasting = this.#lasting.get(kind);
    if (causes.length > 0) {
      this.#lasting.set(kind, { lastSec: second, clean: 0 });
      if (lasting !== undefined) return [];
      const listed = causes.map(([cause, count]) => `${cause} ${count}`).join(', ');
      return [{ what: 'began', kind, fromSec: second, text: `${describe(listed)} within a second` }];
    }
    if (lasting === undefined) return [];
    lasting.clean += 1;
    if (lasting.clean < CLEAN_SECONDS) return [];
    this.#lasting.delete(kind);
    return [{ what: 'ended', kind, toSec: lasting.lastSec + 1 }];
  }
}

const CREDENTIALS: ReadonlySet<Outcome> = new Set(['unsent-no-credentials', 'local-no-credentials']);

function findMissingCredentials(frame: Frame): Causes {
  const failures = new Map<string, number>();
  for (const { failures: byFault } of Object.values(frame.tokens ?? {})) {
    for (const [fault, count] of Object.entries(byFault)) {
      const cause = `tokens not made (${fault})`;
      failures.set(cause, (failures.get(cause) ?? 0) + count);
    }
  }
  return [...countOutcomes(frame, (outcome) => CREDENTIALS.has(outcome)), ...failures].filter(
    ([, count]) => count > 0,
  );
}

/**
 * Missing credentials are reported separately, and attempts abandoned at the end of a segment are no sign of a limit.
 */
function findLocalLimits(frame: Frame): Causes {
  const causes = countOutcomes(frame, (outcome) => {
    const group = OUTCOME_GROUPS[outcome];
    return (group === 'local' || group === 'unsent') && outcome !== 'abandoned' && !CREDENTIALS.has(outcome);
  });
  const scheduled = Object.values(frame.series).reduce((sum, counts) => sum + counts.scheduled, 0);
  const count = causes.reduce((sum, [, part]) => sum + part, 0);
  return count > scheduled * NOTABLE_SHARE ? causes : [];
}

function countOutcomes(frame: Frame, isMeant: (outcome: Outcome) => boolean): [Outcome, number][] {
  const sums = new Map<Outcome, number>();
  for (const { outcomes } of Object.values(frame.series)) {
    for (const [outcome, count] of Object.entries(outcomes) as [Outcome, number][]) {
      if (count > 0 && isMeant(outcome)) sums.set(outcome, (sums.get(outcome) ?? 0) + count);
    }
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
