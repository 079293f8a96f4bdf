/**
 * InfluxDB's line protocol (docs.influxdata.com, "InfluxDB line protocol reference"), as v1, v2 and VictoriaMetrics
 * read it: `measurement,tag=value field=1i,field=2i timestamp`. Fields here are whole numbers, timestamps milliseconds.
 */
export interface Point {
  readonly measurement: string;
  /** Empty values are omitted: the protocol has none. */
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, number>>;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** One line, without its line feed; empty if the point has no fields, which the protocol does not allow. */
export function renderPoint({ measurement, tags, fields, atMs }: Point): string {
  const fieldSet = Object.entries(fields)
    .filter(([, value]) => Number.isFinite(value))
    .map(([key, value]) => `${escapeKey(key)}=${Math.round(value)}i`);
  if (fieldSet.length === 0) return '';
  // The reference recommends tags sorted by key, because the server would sort them otherwise.
  const tagSet = Object.entries(tags)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `,${escapeKey(key)}=${escapeKey(value)}`);
  return `${escapeMeasurement(measurement)}${tagSet.join('')} ${fieldSet.join(',')} ${Math.round(atMs)}`;
}

/** "Special characters": a measurement escapes commas and spaces. */
function escapeMeasurement(text: string): string {
  return makeSafe(text).replace(/[, ]/g, '\\$&');
}

/** The same table: keys and values of tags, and keys of fields, escape commas, equals signs and spaces. */
function escapeKey(text: string): string {
  return makeSafe(text).replace(/[,= ]/g, '\\$&');
}

/**
 * A line cannot contain a line break, and servers disagree about a backslash before one of the characters above:
 * neither can be escaped, so both are replaced.
 */
function makeSafe(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replaceAll('\\', '/');
}
