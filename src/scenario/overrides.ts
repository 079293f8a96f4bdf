import { type Document, isMap, isScalar } from 'yaml';
import { redactAssignment } from './assignment.ts';
import { applyCredentials, type CredentialOverrides } from './override-credentials.ts';
import { isBelow, type Path, type Problem } from './problems.ts';
import type { Settings } from './settings.ts';
import { suggest } from './suggest.ts';
import type { PacSource } from './types.ts';
import type { Via } from './words.ts';
import { sendsNothing } from './words.ts';
import { readYamlValue } from './yaml-value.ts';

/**
 * What the command line changes in a scenario, as typed.
 *
 * `proxy` and `target` replace the file's own and those under its defaults; an arm that names its own keeps it, as that
 * is deliberate. `via` applies to every arm; an arm `via: tcp` changes only if `via` is `tcp`, and arms that become
 * `tcp` lose their HTTP-only settings. Credentials: see override-credentials.ts. `rate` and `duration`: see adjust.ts.
 * `set` holds `key.path=value` assignments.
 */
export interface Overrides extends CredentialOverrides {
  readonly proxy?: string | undefined;
  /** Instead of `proxy`: the script that names it. */
  readonly pac?: PacSource | undefined;
  readonly target?: string | undefined;
  readonly via?: Via | undefined;
  /** 4 or 6. */
  readonly prefer?: number | undefined;
  /** `spread` or `first`. */
  readonly addresses?: string | undefined;
  /** Addresses that no other host uses: replaces the addresses of every arm. */
  readonly emulate?: string | undefined;
  /** Interface that the packets of every arm leave by. */
  readonly interface?: string | undefined;
  /** Such as "500/s". */
  readonly rate?: string | undefined;
  /** Such as "30s". */
  readonly duration?: string | undefined;
  /** A client's name: replaces the profile under `defaults`; an arm that names its own keeps it. */
  readonly client?: string | undefined;
  /** "on" or "off". */
  readonly tcpTimestamps?: string | undefined;
  /** Text in each request, for captures. */
  readonly marker?: string | undefined;
  /** False: no ping beside the load. */
  readonly ping?: boolean | undefined;
  /** Commands that ask the firewall: each replaces the file's own. */
  readonly firewall?: FirewallOverrides | undefined;
  /** "auto", "on" or "off". */
  readonly capture?: string | undefined;
  readonly set?: readonly string[] | undefined;
  /** What is used for `proxy` and `target` if neither they nor an embedded far end set them. */
  readonly defaults?: Settings | undefined;
}

/** Absent: as the file has it. */
export interface FirewallOverrides {
  /** False: none at all. */
  readonly asks?: boolean;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly run?: string | undefined;
  /** Such as "10s". */
  readonly every?: string | undefined;
}

/** What the overrides did to the document. */
export interface Applied {
  readonly problems: readonly Problem[];
  /** The flag that set a value; undefined for what the file itself says. */
  flagFor(path: Path): string | undefined;
}

/** Applies to the document what a scenario file could say itself, before anything is checked. */
export function applyOverrides(yaml: Document, overrides: Overrides): Applied {
  const problems: Problem[] = [];
  const touched: { path: Path; flag: string }[] = [];
  const put = (path: Path, value: unknown, flag: string): void => {
    // What is made around the value is the flag's as well.
    const depth = path.findIndex((_, at) => !yaml.hasIn(path.slice(0, at + 1)));
    yaml.setIn(path, yaml.createNode(value));
    touched.push({ path: depth < 0 ? path : path.slice(0, depth + 1), flag });
  };

  for (const assignment of overrides.set ?? []) {
    // The error for a secret in the wrong place does not repeat the secret.
    const flag = `--set ${redactAssignment(assignment, readYamlValue)}`;
    const parsed = parseAssignment(assignment, yaml);
    if ('what' in parsed) {
      problems.push({ ...parsed, path: [], flag });
      continue;
    }
    try {
      put(parsed.path, parsed.value, flag);
    } catch {
      const key = parsed.path.join('.');
      problems.push({
        what: `nothing can be set at ${key}`,
        fix: 'name a key that has a value',
        path: [],
        flag,
      });
    }
  }
  for (const key of ['proxy', 'target'] as const) {
    const fallback = yaml.get('farEnd') === 'embedded' ? undefined : overrides.defaults?.[key];
    const given = overrides[key] ?? (key === 'proxy' ? asMap(overrides.pac) : undefined);
    const value = given ?? fallback?.value;
    if (value === undefined) continue;
    put([key], value, given === undefined ? (fallback?.from ?? '') : flagOf(key, overrides));
    if (yaml.hasIn(['defaults', key])) yaml.deleteIn(['defaults', key]);
    // A user who names a real far end wants that one.
    if (yaml.get('farEnd') !== 'embedded') continue;
    yaml.set('farEnd', 'none');
    // A path on the embedded far end is not a target on a real one.
    if (key === 'proxy' && isPathOf(yaml.get('target'))) yaml.delete('target');
  }
  if (overrides.tcpTimestamps !== undefined)
    put(['tcpTimestamps'], overrides.tcpTimestamps, '--tcp-timestamps');
  if (overrides.capture !== undefined) put(['capture'], overrides.capture, '--capture');
  for (const key of ['prefer', 'addresses'] as const) {
    if (overrides[key] === undefined) continue;
    for (const name of armNames(yaml)) put(['arms', name, key], overrides[key], `--${key}`);
  }
  if (overrides.client !== undefined) {
    const path = ['defaults', 'client'];
    put(isMap(yaml.getIn(path, true)) ? [...path, 'profile'] : path, overrides.client, '--client');
  }
  if (overrides.marker !== undefined) put(['marker'], overrides.marker, '--marker');
  if (overrides.ping === false) put(['ping'], 'off', '--no-ping');
  sendPackets(yaml, overrides, put);
  askFirewall(yaml, overrides.firewall, put);
  if (overrides.via !== undefined) sendVia(yaml, overrides.via, put);
  problems.push(...applyCredentials(yaml, armNames(yaml), overrides, put));

  return {
    problems,
    flagFor: (path) => touched.findLast((touch) => isBelow(path, touch.path))?.flag,
  };
}

/** The flag that sets the proxy or the target of every arm. */
export function flagOf(key: 'proxy' | 'target', { pac }: Overrides): string {
  return key === 'proxy' && pac !== undefined ? '--pac' : `--${key}`;
}

function isPathOf(target: unknown): boolean {
  return typeof target === 'string' && /^(https:\/\/)?\//.test(target);
}

/** In the form of a scenario file. */
function asMap(pac: PacSource | undefined): object | undefined {
  return pac === undefined ? undefined : { pac: pac.source, spread: pac.spread };
}

/** An arm without its own source has that of the defaults, which a source of its own would replace entirely. */
function sendPackets(
  yaml: Document,
  { emulate, interface: by }: Overrides,
  put: (path: Path, value: unknown, flag: string) => void,
): void {
  for (const name of emulate === undefined && by === undefined ? [] : armNames(yaml)) {
    const path = ['arms', name, 'source'];
    const inherited = yaml.getIn(['defaults', 'source'], true);
    if (!yaml.hasIn(path) && isMap(inherited)) yaml.setIn(path, inherited.clone());
    if (emulate !== undefined) {
      put(
        [...path, 'addresses'],
        emulate.split(',').map((one) => one.trim()),
        '--emulate',
      );
      put([...path, 'emulate'], true, '--emulate');
    }
    if (by !== undefined) put([...path, 'interface'], by, '--interface');
  }
}

function askFirewall(
  yaml: Document,
  { asks = true, ...commands }: FirewallOverrides = {},
  put: (path: Path, value: unknown, flag: string) => void,
): void {
  if (!asks) yaml.delete('firewall');
  for (const key of ['before', 'after', 'run', 'every'] as const) {
    if (commands[key] !== undefined) put(['firewall', key], commands[key], `--firewall-${key}`);
  }
}

interface Assignment {
  readonly path: Path;
  readonly value: unknown;
}

function parseAssignment(text: string, yaml: Document): Assignment | { what: string; fix: string } {
  const at = text.indexOf('=');
  const keys = text.slice(0, Math.max(0, at)).split('.');
  if (at < 1 || keys.some((key) => key === '')) {
    return { what: 'not an assignment', fix: 'write key=value, such as arms.stress.close=reset' };
  }
  const arms = armNames(yaml);
  if (keys[0] === 'arms' && keys[1] !== undefined && !arms.includes(keys[1])) {
    return { what: `there is no arm "${keys[1]}"`, fix: suggest(keys[1], arms) };
  }
  try {
    const value = readYamlValue(text.slice(at + 1));
    return { path: keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key)), value };
  } catch {
    return { what: 'the value is not YAML', fix: 'put it in quotes that the shell does not remove' };
  }
}

function sendVia(yaml: Document, via: Via, put: (path: Path, value: unknown, flag: string) => void): void {
  const inherited = yaml.getIn(['defaults', 'via']);
  for (const name of armNames(yaml)) {
    if (!isMap(yaml.getIn(['arms', name], true))) continue;
    const own = yaml.getIn(['arms', name, 'via']) ?? inherited;
    if (sendsNothing(own) && !sendsNothing(via)) continue;
    put(['arms', name, 'via'], via, '--via');
    if (!sendsNothing(via)) continue;
    for (const key of ['request', 'auth', 'tls']) yaml.deleteIn(['arms', name, key]);
    if (isMap(yaml.getIn(['arms', name, 'expect'], true))) yaml.deleteIn(['arms', name, 'expect']);
  }
}

function armNames(yaml: Document): string[] {
  const arms = yaml.get('arms', true) as unknown;
  return isMap(arms) ? arms.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}
