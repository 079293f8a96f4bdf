import { redactAt } from './secret-places.ts';
import { REDACTED } from './secrets.ts';

/**
 * Reads YAML.
 * @throws Error where it is none
 */
export type ReadYaml = (text: string) => unknown;

/**
 * A `key.path=value` as it may be shown. What it holds decides, not how its key is called: a map of headers is looked into, and
 * text that cannot be read is judged as text, which stands for nothing where a map belongs.
 * @param readYaml absent: every value is judged as text
 */
export function redactAssignment(assignment: string, readYaml: ReadYaml = (text) => text): string {
  if (assignment.startsWith('@')) return assignment;
  const at = assignment.indexOf('=');
  if (at < 1) return /^[\w.-]*$/.test(assignment) ? assignment : REDACTED;
  const [key, text] = [assignment.slice(0, at), assignment.slice(at + 1)];
  const value = readOr(text, readYaml);
  const shown = redactAt(key.split('.'), value);
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
