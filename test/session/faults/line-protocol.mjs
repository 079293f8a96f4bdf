/** Reads InfluxDB's line protocol as far as sinks write it: whole numbers as fields, no strings. */

/** Up to a space that no backslash escapes. */
const PART = String.raw`((?:\\.|[^\\ ])+)`;
const LINE = new RegExp(`^${PART} ${PART} (\\d+)$`);

/**
 * @returns measurement and tags, as they were written; the fields, by name and as text; milliseconds since 1970
 * @throws Error where it is no such line
 */
export function readPoint(line) {
  const [, key, text, at] = LINE.exec(line) ?? [];
  if (key === undefined) throw new Error(`no point: ${line}`);
  const fields = text.split(/(?<!\\),/).map((field) => {
    const [, name, value] = /^(.+)=(-?\d+)i$/.exec(field) ?? [];
    if (name === undefined) throw new Error(`no field: ${field} of ${line}`);
    return [name, Number(value)];
  });
  return { key, fields: Object.fromEntries(fields), text, at: Number(at) };
}
