import { addEncoded } from '../metrics/encoded.ts';
import { createHistogram, encodeHistogram, type Histogram } from '../metrics/histogram.ts';
import { addHistogram, type EncodedHistogram } from '../metrics/merge.ts';
import { type SettledFrame, setAside, setAsideSeries, setAsideTag } from '../metrics/set-aside.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { rollUp, type WindowFrame } from '../metrics/window.ts';

/** A second that no window has taken up yet. */
export interface OpenSecond {
  readonly frame: Frame;
  readonly histograms: readonly (readonly [tag: string, text: string])[];
  readonly stalls: readonly Stall[];
}

/** A window in its final form: sums of the soak are computed from these. */
export interface ClosedWindow {
  /** Rolled up when it is asked for: what stands by the second needs none. */
  readonly window: WindowFrame;
  /** Its seconds, each as it counts. */
  readonly seconds: readonly SettledFrame[];
  /** By tag; made when they are first asked for: each takes 92 KB. */
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Adds them to sums by tag; of a single second, without making any. */
  addHistogramsTo(sums: Map<string, Histogram>): void;
  readonly stalls: readonly Stall[];
}

/** The seconds that wait for their windows to be over, in order. */
export class OpenWindows {
  readonly #windowSec: number;
  readonly #settleSec: number;
  #seconds: OpenSecond[] = [];
  #firstOpen = 0;

  /** @param firstOpen seconds before it are in windows already */
  constructor(windowSec: number, settleSec: number, firstOpen: number) {
    this.#windowSec = windowSec;
    this.#settleSec = settleSec;
    this.#firstOpen = firstOpen;
  }

  /** What comes too late for its own second counts in this one at the earliest. */
  get earliest(): number {
    return Math.max(this.#firstOpen, this.#seconds.at(-1)?.frame.second ?? 0);
  }

  add(second: OpenSecond): void {
    this.#seconds.push(second);
  }

  /** Takes the windows that were over long enough ago for nothing to be heard of them any more. */
  takeSettled(nowSec: number): OpenSecond[][] {
    return this.#takeBefore(this.#windowStart(nowSec + 1 - this.#settleSec));
  }

  takeAll(): OpenSecond[][] {
    return this.#takeBefore(Number.POSITIVE_INFINITY);
  }

  #windowStart(second: number): number {
    return Math.floor(second / this.#windowSec) * this.#windowSec;
  }

  #takeBefore(endSec: number): OpenSecond[][] {
    const windows = new Map<number, OpenSecond[]>();
    for (const second of this.#seconds) {
      if (second.frame.second >= endSec) break;
      const start = this.#windowStart(second.frame.second);
      windows.set(start, [...(windows.get(start) ?? []), second]);
      this.#firstOpen = second.frame.second + 1;
    }
    const taken = [...windows.values()];
    this.#seconds = this.#seconds.slice(taken.reduce((sum, { length }) => sum + length, 0));
    return taken;
  }
}

/** @param isTouched whether a second says nothing about the firewall */
export function closeWindow(
  open: readonly OpenSecond[],
  isTouched: (second: number) => boolean,
): ClosedWindow {
  const seconds: SettledFrame[] = [];
  const stalls: Stall[] = [];
  const texts: [tag: string, text: string][] = [];
  for (const { frame, histograms: encoded, stalls: ofSecond } of open) {
    const aside = isTouched(frame.second);
    seconds.push(aside ? setAside(frame) : frame);
    for (const stall of ofSecond) {
      stalls.push(aside ? { ...stall, series: setAsideSeries(stall.series) } : stall);
    }
    for (const [tag, text] of encoded) texts.push([aside ? setAsideTag(tag) : tag, text]);
  }
  let histograms: Map<string, Histogram> | undefined;
  const decode = (): Map<string, Histogram> => {
    histograms ??= addTexts(texts, new Map());
    return histograms;
  };
  return {
    get histograms() {
      return decode();
    },
    addHistogramsTo(sums) {
      if (open.length === 1) addTexts(texts, sums);
      else for (const [tag, histogram] of decode()) addHistogram(sums, tag, histogram);
    },
    get window() {
      return rollUp(seconds);
    },
    ...{ seconds, stalls },
  };
}

function addTexts(
  texts: readonly (readonly [tag: string, text: string])[],
  sums: Map<string, Histogram>,
): Map<string, Histogram> {
  for (const [tag, text] of texts) {
    const sum = sums.get(tag) ?? createHistogram();
    addEncoded(sum, text);
    sums.set(tag, sum);
  }
  return sums;
}

export function encodeAll(histograms: ReadonlyMap<string, Histogram>): Map<string, EncodedHistogram> {
  return new Map(
    [...histograms].map(([tag, histogram]) => [
      tag,
      { text: encodeHistogram(histogram), maxUs: histogram.maxValue },
    ]),
  );
}
