import * as z from 'zod';
import { UsageError } from '../errors.ts';
import { openDocument } from './document.ts';
import { explainIssues } from './issues.ts';
import { hostPort } from './proxy-schema.ts';
import { targetValue } from './schema.ts';

/** A default, and where it is set. */
export interface Setting {
  readonly value: string;
  /** `file:line`, or a variable's name: what an error and the plan call it. */
  readonly from: string;
}

export interface Settings {
  readonly proxy?: Setting;
  readonly target?: Setting;
}

/** A file of defaults, rushhour.yaml. The only place that defines what it may contain. */
const settingsSchema = z
  .strictObject({
    proxy: hostPort.optional().describe('Proxy, host:port, for every run that is not given another.'),
    target: targetValue.optional().describe('Target for every run that is not given another.'),
  })
  .describe('Defaults for runs that find this file: a map with proxy, target, or both.');

/**
 * Reads a file of defaults.
 * @param file what errors and the plan call it
 * @throws UsageError naming every mistake with its line
 */
export function parseSettings(text: string, file: string): Settings {
  const document = openDocument(text);
  const lineOf = (path: readonly (string | number)[], atKey = false): number =>
    document.locate(path, atKey).line;
  if (document.syntax.length > 0) {
    refuse(document.syntax.map(({ what, fix, position }) => `${file}:${position.line}: ${what} — ${fix}`));
  }
  // A file with only comments is not a mistake.
  const raw = document.data() ?? {};
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success) {
    const schema = { ...z.toJSONSchema(settingsSchema, { io: 'input', target: 'draft-7' }) };
    refuse(
      explainIssues(parsed.error.issues, raw, schema).map(
        ({ what, fix, path, atKey }) => `${file}:${lineOf(path, atKey)}: ${what} — ${fix}`,
      ),
    );
  }
  const written = raw as Record<string, unknown>;
  const settingOf = (key: string): Setting | undefined =>
    written[key] === undefined
      ? undefined
      : { value: String(written[key]), from: `${file}:${lineOf([key], true)}` };
  const [proxy, target] = [settingOf('proxy'), settingOf('target')];
  return { ...(proxy === undefined ? {} : { proxy }), ...(target === undefined ? {} : { target }) };
}

function refuse(lines: readonly string[]): never {
  throw new UsageError(
    [`the defaults have ${lines.length === 1 ? 'a mistake' : `${lines.length} mistakes`}:`, ...lines].join(
      '\n  ',
    ),
    { hint: 'they may set proxy and target; docs/proxies.md has an example' },
  );
}
