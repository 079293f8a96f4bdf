import { parseDocument } from 'yaml';

/**
 * A value as YAML has it.
 * @throws Error where it is no YAML
 */
export function readYamlValue(text: string): unknown {
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) throw mistake;
  return document.toJS() as unknown;
}
