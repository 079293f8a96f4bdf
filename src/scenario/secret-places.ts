import type { Expectation } from '../outcome/expectation.ts';
import type { Load } from './load-types.ts';
import { REDACTED, redactEndpoint, redactHeader, redactPath } from './secrets.ts';
import { redactShell } from './shell-command.ts';
import type { Arm, FirewallSpec, RequestSpec, Scenario } from './types.ts';

type Shown = (path: readonly string[], value: unknown) => unknown;

const asIs: Shown = (_, value) => value;
const never: Shown = (_, value) => (value === null || value === '' ? value : REDACTED);
const asUrl: Shown = (_, value) => (typeof value === 'string' ? redactEndpoint(value) : value);
/** A scalar where a map belongs may be a value that belongs inside the map. */
const onlyBelow =
  (shown: Shown): Shown =>
  (path, value) =>
    path.length === 0 ? never(path, value) : shown(path, value);

const header: Shown = ([name = ''], value) => {
  const shown = redactHeader(name, String(value));
  return shown === String(value) ? value : shown;
};

/** Names of variables and files, which say where secrets are; anything else may be a secret. */
const reference: Shown = ([key], value) => {
  if (typeof value !== 'string') return never([], value);
  if (key === 'env') return /^[A-Za-z_][A-Za-z0-9_]*$/.test(value) ? value : REDACTED;
  return key === 'file' || key === 'keytab' ? value : REDACTED;
};

const credentials = keyed(
  { users: asIs, principals: asIs, password: onlyBelow(reference) },
  onlyBelow(reference),
);

const auth: Shown = (path, value) => {
  if (path.length === 0) return value === 'none' ? value : never(path, value);
  return keyed({ scheme: asIs, mode: asIs, to: asIs, service: asIs, credentials }, never)(path, value);
};

const arm = keyed(
  {
    ...Object.fromEntries(
      ['via', 'timeouts', 'stallAfter', 'close', 'hold', 'prove', 'socket', 'source', 'tls', 'client'].map(
        (key) => [key, asIs],
      ),
    ),
    proxy: asUrl,
    target: asUrl,
    load: asUrl,
    request: keyed({ method: asIs, version: asIs, headers: onlyBelow(header) }, never),
    expect: keyed({ header: onlyBelow(header) }, (path, value) =>
      // Only a word can be a slip of one of its own.
      path.length > 0 || /^[a-z]{1,12}$/.test(String(value)) ? value : never(path, value),
    ),
    auth,
  },
  never,
);

const command: Shown = (path, value) =>
  typeof value === 'string' && path.length === 0 ? redactShell(value) : never(path, value);

const firewall: Shown = onlyBelow(
  keyed({ every: asIs, timeout: asIs, before: command, after: command, run: command }, never),
);

const scenario = keyed(
  {
    ...Object.fromEntries(
      'schema description farEnd pass findings look natPorts tcpTimestamps ping capture marker'
        .split(' ')
        .map((key) => [key, asIs]),
    ),
    proxy: asUrl,
    target: asUrl,
    firewall,
    defaults: arm,
    arms: ([, ...path], value) => arm(path, value),
  },
  never,
);

function keyed(places: Readonly<Record<string, Shown>>, others: Shown): Shown {
  return (path, value) => {
    const [key, ...below] = path;
    const place = key !== undefined && Object.hasOwn(places, key) ? places[key] : undefined;
    return place === undefined ? others(path, value) : place(below, value);
  };
}

/**
 * The part of a value at a path in a scenario file, or in `--set`, that may be shown: without header values, cookies,
 * bodies, credentials, and anything in unknown places. Maps and lists keep their shape.
 * @param value as YAML has it: plain data
 */
export function redactAt(path: readonly (string | number)[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => redactAt(path, each));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, redactAt([...path, key], each)]),
    );
  }
  // Places in lists are treated like the list; arm names may be numbers.
  return scenario(
    path.map(String).filter((part, index) => index < 2 || !/^\d+$/.test(part)),
    value,
  );
}

/** Whether nothing of a value may be shown at this place. */
export function isSecretAt(path: readonly (string | number)[], value: unknown): boolean {
  return redactAt(path, value) !== value;
}

/** A scenario as results may show it. */
export function redactScenario(whole: Scenario): Scenario {
  const { arms, firewall } = whole;
  return {
    ...whole,
    arms: arms.map(redactArm),
    ...(firewall === undefined ? {} : { firewall: redactFirewall(firewall) }),
  };
}

function redactFirewall({ before, after, run, ...rest }: FirewallSpec): FirewallSpec {
  return {
    ...(before === undefined ? {} : { before: redactShell(before) }),
    ...(after === undefined ? {} : { after: redactShell(after) }),
    ...(run === undefined ? {} : { run: redactShell(run) }),
    ...rest,
  };
}

function redactArm(whole: Arm): Arm {
  const { target, request, expect, load } = whole;
  return {
    ...whole,
    target: { ...target, path: redactPath(target.path) },
    request: redactRequest(request),
    expect: redactExpectation(expect),
    load: redactLoad(load),
  };
}

function redactRequest(request: RequestSpec): RequestSpec {
  return {
    ...request,
    headers: request.headers.map(([name, value]) => [name, redactHeader(name, value)]),
    body: request.body === '' ? '' : REDACTED,
  };
}

function redactExpectation(expect: Expectation): Expectation {
  if (expect.kind !== 'status' || expect.content?.headers === undefined) return expect;
  const headers = expect.content.headers.map(([name, value]) => [name, redactHeader(name, value)] as const);
  return { ...expect, content: { ...expect.content, headers } };
}

function redactLoad(load: Load): Load {
  if (load.kind !== 'browsers') return load;
  return { ...load, page: { ...load.page, paths: load.page.paths.map(redactPath) } };
}

/** Shorter ones would match everywhere. */
const SHORTEST = 4;

/** Every text of a scenario that results must not contain, longest first, for removal from other recorded text. */
export function secretsOf({ arms }: Scenario): string[] {
  const found = arms.flatMap(({ request: { headers, body } }) => [
    ...headers.filter(([name, value]) => redactHeader(name, value) === REDACTED).map(([, value]) => value),
    body,
  ]);
  return [...new Set(found)].filter((text) => text.length >= SHORTEST).sort((a, b) => b.length - a.length);
}
