import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { BOUNDS } from '../../scenario/bounds.ts';
import { namedKey, parsedText } from '../../scenario/leaves.ts';
import { positiveDuration, positiveRate } from '../../scenario/quantities.ts';
import { name } from '../../store/shapes.ts';
import { parseHostRule } from './host-rules.ts';
import { parseHours } from './hours.ts';

const isName = (text: string): boolean => name.safeParse(text).success;

/** What a scenario has to be: one of this installation by its name, or any file by its digest. */
export type ScenarioRule =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'digest'; readonly digest: string };

/** @throws UsageError */
function parseScenarioRule(text: string): ScenarioRule {
  const [, digest] = /^sha256:([0-9a-f]{64})$/.exec(text) ?? [];
  if (digest !== undefined) return { kind: 'digest', digest };
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return { kind: 'name', name: text };
  throw new UsageError(`${JSON.stringify(text)} is neither the name of a scenario nor a digest`, {
    hint: 'write a name that "rushhour scenarios" lists, or sha256: and what "sha256sum FILE" prints',
  });
}

/** @throws UsageError */
function parseSecretRule(text: string): string {
  if (/^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text) || text.startsWith('/') || text === 'ticket-cache')
    return text;
  // It may be the secret itself.
  throw new UsageError('an entry names no secret', {
    hint: 'write env:NAME, the full path of a file, or ticket-cache',
  });
}

const label = z
  .string()
  .max(64)
  .refine((text) => text !== '', { message: 'must not be empty', abort: true })
  .refine(isName, 'has to be on one line, without control characters')
  .refine((text) => !/[|,]/.test(text), 'must hold neither | nor a comma, by which --on separates')
  .describe('A text of 1 to 64 characters, in quotes if it is a number.');

const hostRules = (what: string, examples: string[]) =>
  z
    .array(parsedText(parseHostRule, { examples }))
    .optional()
    .describe(`${what} Names, *.names below one, addresses or networks, each with or without :port.`);

const yes = (what: string) => z.boolean().optional().describe(`${what} Default: false.`);

/** What the owner of a probe allows; whoever operates the fleet can ask for nothing more. */
export const policySchema = z
  .strictObject({
    schema: z.literal(1).describe('Version of this file: 1.'),
    labels: z
      .record(
        namedKey(
          /^(?!probe$)[a-z][a-z0-9-]{0,31}$/,
          'label name',
          'use lower-case letters, digits and -; "probe" is its id, whatever its labels',
        ),
        label,
      )
      .optional()
      .meta({ examples: [{ site: 'leeds' }] })
      .describe('What this probe is called by when a fleet is asked for some of its probes: a map of texts.'),
    targets: hostRules('Hosts that arms may have as their target. Default: none.', ['www.example.org']),
    proxies: hostRules('Proxies that arms may use. Default: none.', ['proxy.example.org:3128']),
    embedded: yes('Whether scenarios may use their embedded far end on this machine.'),
    scenarios: z
      .array(parsedText(parseScenarioRule, { examples: ['steady'] }))
      .optional()
      .describe('Scenarios that may run: names of built-in ones, or digests. Default: any.'),
    rate: positiveRate().describe('Highest rate of all arms together.'),
    attempts: z.int().min(1).max(BOUNDS.attempts).describe('Most attempts of one run.'),
    duration: positiveDuration().optional().describe('Longest load of one run. Default: 24h.'),
    concurrency: z
      .int()
      .min(0)
      .max(BOUNDS.concurrency)
      .optional()
      .describe('Most connections that closed loops may have open at once. Default: 0, none may run.'),
    hours: z
      .array(parsedText(parseHours, { examples: ['mon-fri 20:00-06:00'] }))
      .min(1)
      .optional()
      .describe('When load may be sent, by the local time of the probe. Default: always.'),
    capture: yes('Whether packets may be captured.'),
    adaptive: yes(
      'Whether a run may choose its arms itself, as diagnose does, within the rate and time of its first; as root it also sends SYNs of other clients.',
    ),
    secrets: z
      .array(parsedText(parseSecretRule, { examples: ['env:PROXY_USER', '/etc/rushhour/users.csv'] }))
      .optional()
      .describe('Secrets and other files of this machine that a scenario may name. Default: none.'),
  })
  .describe('The policy of a probe: a map.');

export type Policy = z.output<typeof policySchema>;
