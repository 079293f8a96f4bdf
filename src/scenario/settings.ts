import * as z from 'zod';
import { hostPort } from './proxy-schema.ts';
import { readBySchema } from './read-by-schema.ts';
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
  const { raw, lineOf } = readBySchema(text, settingsSchema, {
    ...{ file, has: 'the defaults have' },
    hint: 'they may set proxy and target; docs/proxies.md has an example',
  });
  const settingOf = (key: string): Setting | undefined =>
    raw[key] === undefined ? undefined : { value: String(raw[key]), from: `${file}:${lineOf([key])}` };
  const [proxy, target] = [settingOf('proxy'), settingOf('target')];
  return { ...(proxy === undefined ? {} : { proxy }), ...(target === undefined ? {} : { target }) };
}
