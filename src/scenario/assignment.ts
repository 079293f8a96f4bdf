import { redactAt } from './secret-places.ts';
import { REDACTED } from './secrets.ts';

/**
 * Reads YAML.
 * @throws Error if the text is not YAML
 */
export type ReadYaml = (text: string) => unknown;

/**
 * A `key.path=value` in a form that may be shown. The value decides, not the name of the key: a map of headers is
 * redacted field by field, and text that cannot be parsed is treated as plain text where a map belongs.
 * @param readYaml if absent, every value is treated as text
 */
export function redactAssignment(assignment: string, readYaml: ReadYaml = (text) => text): string {
  if (assignment.startsWith('@')) return assignment;
  const at = assignment.indexOf('=');
  if (at < 1) return /^[\w.-]*$/.test(assignment) ? assignment : REDACTED;
  const [key, text] = [assignment.slice(0, at), assignment.slice(at + 1)];
  const value = readOr(text, readYaml);
  const shown = redactAt(key.split('.'), value);
  // What is nothing to YAML may still be the name of an anchor, or a comment.
  if (value === null && !/^(|~|null)$/i.test(text)) return `${key}=${REDACTED}`;
  if (JSON.stringify(shown) === JSON.stringify(value)) return assignment;
  return `${key}=${typeof shown === 'string' ? shown : JSON.stringify(shown)}`;
}

function readOr(text: string, readYaml: ReadYaml): unknown {
  try {
    return readYaml(text);
  } catch {
    return text;
  }
}
