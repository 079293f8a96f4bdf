import { RAMP_SUFFIX } from '../../metrics/types.ts';
import { MARKER_FIELD } from '../../scenario/marker.ts';
import type { ReadToken } from '../handshakes/connection.ts';

/** A request's header section is looked through so far. */
const MOST_BYTES = 2_048;

/** What stands behind the marker: arm, and the attempt's number in digits. */
const NONCE = /^\/([A-Za-z0-9_-]{1,40})\/(\d{1,16})(?=[\r\n ])/;

/** Finds in a request with this marker which attempt it belongs to; anything else of it is passed over. */
export function readMarkerNonce(marker: string): ReadToken {
  const field = `${MARKER_FIELD}: ${marker}`.toLowerCase();
  return (bytes, at, end) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
      'latin1',
      at,
      Math.min(end, at + MOST_BYTES),
    );
    // Proxies may write names of fields in letters of their own; the marker is as it was.
    const found = text.toLowerCase().indexOf(field);
    if (found < 0) return undefined;
    const [, arm, digits] = NONCE.exec(text.slice(found + field.length)) ?? [];
    return arm === undefined || digits === undefined ? undefined : nonceOf(arm, Number(digits));
  };
}

/** The same of an attempt of a series. */
export function nonceOf(series: string, attempt: number): string {
  const arm = series.endsWith(RAMP_SUFFIX) ? series.slice(0, -RAMP_SUFFIX.length) : series;
  return `${arm}/${attempt}`;
}
