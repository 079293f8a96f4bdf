import { addCounts, emptyCounts } from './counts.ts';
import { type Frame, LATENESS_TAG, RAMP_SUFFIX, type SeriesCounts, type SeriesName } from './types.ts';

/** For series affected by something other than the firewall: recorded, but excluded from the verdict. */
export const ASIDE_SUFFIX = '~aside';

/** A second for which it is decided whether it counts. */
export interface SettledFrame extends Frame {
  /** Its series were set aside; absent if it counts. */
  aside?: true;
}

/** The frame with the measured phases and ramps of each arm merged into one series that is excluded. */
export function setAside(frame: Frame): SettledFrame {
  const series: Record<SeriesName, SeriesCounts> = {};
  for (const [name, counts] of Object.entries(frame.series)) {
    const sum = series[setAsideSeries(name)] ?? emptyCounts();
    addCounts(sum, counts);
    series[setAsideSeries(name)] = sum;
  }
  return { ...frame, series, aside: true };
}

export function isAside(frame: SettledFrame): boolean {
  return frame.aside === true;
}

export function setAsideSeries(name: SeriesName): SeriesName {
  if (name.endsWith(ASIDE_SUFFIX)) return name;
  return `${name.endsWith(RAMP_SUFFIX) ? name.slice(0, -RAMP_SUFFIX.length) : name}${ASIDE_SUFFIX}`;
}

/** The same for a histogram's tag; those of an arm and of its ramps become one. */
export function setAsideTag(tag: string): string {
  const dot = tag.lastIndexOf('.');
  if (dot >= 0) return `${setAsideSeries(tag.slice(0, dot))}${tag.slice(dot)}`;
  return tag === LATENESS_TAG ? `${LATENESS_TAG}${ASIDE_SUFFIX}` : tag;
}
