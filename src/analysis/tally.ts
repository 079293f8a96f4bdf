import { sumBeside } from '../metrics/beside.ts';
import { addCounts, addTokens, emptyCounts } from '../metrics/counts.ts';
import { sumGeneratorFaults } from '../metrics/merge.ts';
import { isAside } from '../metrics/set-aside.ts';
import type { BesideCounts, Frame, GeneratorFaults, SeriesCounts, TokenCounts } from '../metrics/types.ts';
import { OUTCOME_GROUPS, type Outcome } from '../outcome/outcome.ts';
import { PortSeconds } from './port-seconds.ts';
import { SecondColumns, type SecondCounts } from './second-columns.ts';

export { emptySecond, type SecondCounts } from './second-columns.ts';

const REFUSALS = ['handshake-refused', 'handshake-reset', 'handshake-unreachable'] as const;

/** One series over the whole run. */
export interface SeriesTally {
  readonly counts: SeriesCounts;
  readonly bySecond: ReadonlyMap<number, SecondCounts>;
  /** Of browsers. */
  readonly ports?: PortSeconds;
}

interface OpenSeries {
  readonly counts: SeriesCounts;
  readonly bySecond: SecondColumns;
  ports?: PortSeconds;
}

/** Sums frames, for live and rebuilt runs alike; memory grows with the run's seconds, not its attempts. */
export class Tally {
  readonly #series = new Map<string, OpenSeries>();
  readonly #tokens: Record<string, TokenCounts> = {};
  #faults: GeneratorFaults = {};
  #beside: BesideCounts = {};
  #lastSecond = -1;
  #lastScheduledSecond = -1;

  add(frame: Frame): void {
    this.#lastSecond = Math.max(this.#lastSecond, frame.second);
    addTokens(this.#tokens, frame.tokens ?? {});
    if (!isAside(frame)) {
      this.#faults = sumGeneratorFaults([this.#faults, frame]);
      this.#beside = sumBeside([this.#beside, frame]);
    }
    for (const [name, counts] of Object.entries(frame.series)) {
      const series = this.#open(name);
      const { counts: sum, bySecond } = series;
      addCounts(sum, counts);
      addPorts(series, frame.second, counts);
      if (counts.scheduled > 0) {
        this.#lastScheduledSecond = Math.max(this.#lastScheduledSecond, frame.second);
      }
      bySecond.add(frame.second, {
        scheduled: counts.scheduled,
        started: counts.started,
        unsent: counts.unsent,
        established: counts.established,
        completed: counts.completed,
        refused: refusedOf(counts),
        failed: failedOf(counts),
      });
      for (const [startedIn, stalled] of Object.entries(counts.stalledBySecond)) {
        bySecond.add(Number(startedIn), { stalled });
      }
    }
  }

  /** The series of that name; empty if nothing was counted. */
  series(name: string): SeriesTally {
    return this.#series.get(name) ?? { counts: emptyCounts(), bySecond: new SecondColumns() };
  }

  /** Attempts of all series with this outcome. */
  total(outcome: Outcome): number {
    let total = 0;
    for (const { counts } of this.#series.values()) total += counts.outcomes[outcome] ?? 0;
    return total;
  }

  /** What happened to an arm's tokens; undefined if it had none. */
  tokens(arm: string): Readonly<TokenCounts> | undefined {
    return this.#tokens[arm];
  }

  /** What this machine itself did to the load in seconds that count. */
  get faults(): GeneratorFaults {
    return this.#faults;
  }

  /** What was observed alongside the load in seconds that count. */
  get beside(): BesideCounts {
    return this.#beside;
  }

  has(name: string): boolean {
    return this.#series.has(name);
  }

  /** The latest second for which a frame was added; -1 before the first. */
  get lastSecond(): number {
    return this.#lastSecond;
  }

  /** The latest second in which an attempt was due; -1 before the first. Later ones only waited for open attempts. */
  get lastScheduledSecond(): number {
    return this.#lastScheduledSecond;
  }

  #open(name: string): OpenSeries {
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    const opened = { counts: emptyCounts(), bySecond: new SecondColumns() };
    this.#series.set(name, opened);
    return opened;
  }
}

/** Ends of browsers' connections count if a NAT may keep something of them: an RST in answer to a SYN leaves nothing. */
function addPorts(series: OpenSeries, second: number, { browsing, outcomes }: Readonly<SeriesCounts>): void {
  if (browsing === undefined) return;
  series.ports ??= new PortSeconds();
  const { openMost: most = 0, openLast: last = 0 } = browsing;
  let ended = 0;
  for (const [outcome, count] of Object.entries(outcomes)) {
    const isRefused = outcome === 'handshake-refused' || outcome === 'handshake-reset';
    if (!isRefused && OUTCOME_GROUPS[outcome as Outcome] !== 'unsent') ended += count;
  }
  series.ports.add(second, { most, last, ended });
}

/** Without refusals that the arm expects: those are `ok`. */
function refusedOf({ outcomes }: Readonly<SeriesCounts>): number {
  return REFUSALS.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
}

function failedOf({ outcomes, frozen }: Readonly<SeriesCounts>): number {
  let failed = 0;
  for (const [outcome, count] of Object.entries(outcomes)) {
    if (OUTCOME_GROUPS[outcome as Outcome] === 'remote') failed += count;
  }
  // Nearly every frozen handshake is included, but one may have ended as expected (refused) or for a local reason.
  return Math.max(0, failed - frozen);
}
