import { parseDocument } from 'yaml';

/**
 * Parses a YAML value.
 * @throws Error if the text is not YAML
 */
export function readYamlValue(text: string): unknown {
  const document = parseDocument(text, { logLevel: 'error' });
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake !== undefined) throw mistake;
  return document.toJS() as unknown;
}
