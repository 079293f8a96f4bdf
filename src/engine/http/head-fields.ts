import type { Field } from './message.ts';

/** The fields of the last response in a head that the parser accepted, names in lower case. */
export function listFields(head: Uint8Array): {
  readonly isHttp10: boolean;
  readonly fields: readonly Field[];
} {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  // A lone LF ends a line too (RFC 9112 section 2.2). The empty line that ends the head leaves an empty last part.
  const last = text.split(/\r?\n\r?\n/).at(-2) ?? '';
  // A line that begins with white space continues the one before it (obs-fold, RFC 9112 section 5.2).
  const [statusLine = '', ...lines] = last.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return { isHttp10: statusLine.startsWith('HTTP/1.0'), fields: lines.map(toField) };
}

/** Values of all fields with this name, in order. */
export function listValues(fields: readonly Field[], lowerCaseName: string): readonly string[] {
  return fields.filter(([name]) => name === lowerCaseName).map(([, value]) => value);
}

/** Elements of a list, trimmed, without empty ones (RFC 9110 section 5.6.1.2). */
export function splitList(value: string): readonly string[] {
  const elements: string[] = [];
  let from = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (character === '"') isQuoted = !isQuoted;
    // Within quotes, a backslash escapes the next character (RFC 9110 section 5.6.4).
    else if (character === '\\' && isQuoted) at++;
    else if (character === ',' && !isQuoted) {
      elements.push(value.slice(from, at));
      from = at + 1;
    }
  }
  elements.push(value.slice(from));
  return elements.map((element) => element.trim()).filter((element) => element !== '');
}

function toField(line: string): Field {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).trimEnd().toLowerCase(), line.slice(colon + 1)];
}
