import { addCounts, emptyCounts } from './counts.ts';
import { type Frame, LATENESS_TAG, RAMP_SUFFIX, type SeriesCounts, type SeriesName } from './types.ts';

/** Of series in which something happened that was not the firewall's doing: recorded, and kept out of the verdict. */
export const ASIDE_SUFFIX = '~aside';

/** A second of which it is settled whether it counts. */
export interface SettledFrame extends Frame {
  /** Its series are those that were set aside; absent where it counts. */
  aside?: true;
}

/** The frame with measured phases and ramps of each arm as one series that counts for nothing. */
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

/** The same for the tag of a histogram; those of an arm and of its ramps become one. */
export function setAsideTag(tag: string): string {
  const dot = tag.lastIndexOf('.');
  if (dot >= 0) return `${setAsideSeries(tag.slice(0, dot))}${tag.slice(dot)}`;
  return tag === LATENESS_TAG ? `${LATENESS_TAG}${ASIDE_SUFFIX}` : tag;
}
