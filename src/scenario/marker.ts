import { UsageError } from '../errors.ts';

/** The field that carries the marker in each request, and in each CONNECT. */
export const MARKER_FIELD = 'X-Rushhour-Marker';

/** Nothing that a shell, a pattern or a proxy's log would take for something else. */
const MARKER = /^[A-Za-z0-9][A-Za-z0-9._-]{3,63}$/;

/** Reads a text by which requests are found in a capture. @throws UsageError */
export function checkMarker(text: string): string {
  if (MARKER.test(text)) return text;
  throw new UsageError(`${JSON.stringify(text)} is not a valid marker`, {
    hint: 'use 4 to 64 letters, digits, dots, hyphens and underscores, such as ticket-4711',
  });
}
