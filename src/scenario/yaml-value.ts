import { parseDocument } from 'yaml';

/**
 * Parses a YAML value.
 * @throws Error if the text is not YAML
 */
export function readYamlValue(text: string): unknown {
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) throw mistake;
  return document.toJS() as unknown;
}
