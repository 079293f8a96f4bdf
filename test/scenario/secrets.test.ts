import { describe, expect, it } from 'vitest';
import { redactCommand, redactedTitle } from '../../src/cli/command-line.ts';
import { redactAssignment } from '../../src/scenario/assignment.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { redactScenario, secretsOf } from '../../src/scenario/secret-places.ts';
import { readYamlValue } from '../../src/scenario/yaml-value.ts';

const CANARY = 'c4n4ry-9f3b';

const FILE = `
schema: 1
description: One arm.
proxy: 127.0.0.1:3128
target: http://127.0.0.1/
defaults:
  expect: { status: [200] }
arms:
  web: { load: { concurrency: 1, attempts: 1 } }
`;

/** Every way to say a secret by --set that a run takes. */
const TAKEN = [
  `arms.web.request.headers.X-Nobody-Knows=${CANARY}`,
  `arms.web.request.headers.cookie=sid=${CANARY}; a=b`,
  `arms.web.request.headers.X-Two=[a, ${CANARY}]`,
  `arms.web.request.headers={ Accept: "*/*", Authorization: "Bearer ${CANARY}" }`,
  `arms.web.request={ method: POST, body: ${CANARY} }`,
  `arms.web.request={ "headers": { "Cookie": "${CANARY}" } }`,
  `arms.web={ load: { concurrency: 1, attempts: 1 }, request: { body: ${CANARY} } }`,
  `arms={ web: { load: { concurrency: 1, attempts: 1 }, request: { headers: { X-A: ${CANARY} } } } }`,
  `defaults={ request: { headers: { Cookie: ${CANARY} } } }`,
  `defaults.request.headers={ X-A: &a ${CANARY}, X-B: *a }`,
  `defaults.request.body=${CANARY}`,
  `defaults.request.body="one\\n${CANARY}"`,
  `defaults.request.headers.Referer=http://user:${CANARY}@127.0.0.1/`,
  `defaults.expect={ status: 200, header: { Set-Cookie: ${CANARY} } }`,
  `target=http://127.0.0.1/?api_key=${CANARY}`,
  `arms.web.target=http://127.0.0.1/?a=1&token=${CANARY}`,
  `arms.web.load={ browsers: 1, for: 1s, page: { objects: 2, paths: ["/a?token=${CANARY}"] } }`,
];

/** Every place that a run refuses a secret in. */
const REFUSED = [
  CANARY.replace('c', 'Cookie: c'),
  `=${CANARY}`,
  `arms.web.request=${CANARY}`,
  `arms.web.request.headers=${CANARY}`,
  `arms.web.request.headers.Cookie={ a: ${CANARY} }`,
  `arms.web.request.headers.Cookie="${CANARY}\\r\\nX: y"`,
  `arms.web.request.headers.Cookie="${CANARY}\\u0000"`,
  `arms.web.request.headers.Cookie=[${CANARY}`,
  `arms.web.request.body=[${CANARY}]`,
  `arms.web.request.body=&${CANARY}`,
  `arms.web.request.headers.Cookie=~ # ${CANARY}`,
  `arms.web.request.bodies=${CANARY}`,
  `arms.web.cookie=${CANARY}`,
  `cookies=${CANARY}`,
  `arms.web.auth=${CANARY}`,
  `arms.web.auth.credentials=bob:${CANARY}`,
  `arms.web.auth.credentials.env=bob:${CANARY}`,
  `arms.web.auth.credentials.password=${CANARY}`,
  `arms.web.auth={ scheme: basic, credentials: { users: bob, password: ${CANARY} } }`,
  `arms.other.request.body=${CANARY}`,
  `proxy=bob:${CANARY}@127.0.0.1:3128`,
  `proxy=http://bob:${CANARY}@127.0.0.1:3128`,
  `target=http://bob:${CANARY}@127.0.0.1/`,
  `target=http://bob:p@${CANARY}@127.0.0.1/`,
];

describe('a secret in --set', () => {
  it.each(TAKEN)('is sent, and shown in no scenario, command or title: %s', (assignment) => {
    const scenario = parseScenario(FILE, 'x', { set: [assignment] });
    expect(JSON.stringify(scenario)).toContain(CANARY);
    expect(JSON.stringify(redactScenario(scenario))).not.toContain(CANARY);
    const known = { readYaml: readYamlValue, secrets: secretsOf(scenario) };
    for (const args of [['--set', assignment], [`--set=${assignment}`]]) {
      for (const shown of [
        redactCommand(args, known),
        redactCommand(args),
        [redactedTitle(args) ?? args.join(' ')],
      ])
        expect(shown.join(' ')).not.toContain(CANARY);
    }
  });

  it.each(REFUSED)('that is refused is not repeated: %s', (assignment) => {
    const refusal = () => parseScenario(FILE, 'x', { set: [assignment] });
    expect(refusal).toThrow(/--set/);
    expect(refusal).not.toThrow(CANARY);
    expect(redactedTitle(['run', '--set', assignment])).not.toContain(CANARY);
  });

  it('is left out wherever else the command line says it', () => {
    const scenario = parseScenario(FILE, 'x', { set: [`defaults.request.body=${CANARY}`] });
    expect(redactCommand(['--label', `is ${CANARY}`], { secrets: secretsOf(scenario) })).toEqual([
      ...['rushhour', '--label', 'is [redacted]'],
    ]);
  });
});

/** Without quotes these are not text to YAML. */
const UNQUOTED = ['*', '&', '!', '|', '>', '@', '`', '{', '[', '"', "'", '? ', '{{', '!<'];

describe('a secret in a file', () => {
  it.each(UNQUOTED)('that YAML reads as something else is refused, and not repeated: %s', (start) => {
    const heard: unknown[] = [];
    const hear = (warning: unknown): unknown => heard.push(warning);
    process.on('warning', hear);
    for (const place of ['headers:\n  Cookie: ', 'body: ']) {
      const text = `${FILE}  other:\n    load: { concurrency: 1, attempts: 1 }\n    request:\n`;
      const whole = `${text}      ${place.replace('\n', '\n      ')}${start}${CANARY}\n`;
      expect(() => parseScenario(whole, 'x')).toThrow(/mistake/);
      expect(() => parseScenario(whole, 'x')).not.toThrow(CANARY);
    }
    process.off('warning', hear);
    expect(heard).toEqual([]);
  });
});

describe('what is no secret', () => {
  it.each([
    'arms.web.close=reset',
    'arms.web.request.headers.Accept=*/*',
    'arms.web.request={ method: PUT, headers: { User-Agent: "Mozilla/5.0 (X11)" } }',
    'arms.web.load={ concurrency: 5, for: 10s }',
    'arms.web.load.0.hold.rate=50/s',
    'arms.7.close=fin',
    'arms.web.auth={ scheme: basic, credentials: { env: PROXY_USER } }',
    'arms.web.auth.credentials.password.file=/etc/password',
    'arms.web.auth=none',
    'pass=[]',
    'target=http://127.0.0.1/a@b?c=d',
    '@file=of assignments',
  ])('is kept as it was typed: %s', (assignment) => {
    expect(redactAssignment(assignment, readYamlValue)).toBe(assignment);
  });

  it('stays where a secret beside it goes', () => {
    expect(
      redactAssignment(
        'arms.web.request={ method: PUT, headers: { Cookie: a=b, Accept: x } }',
        readYamlValue,
      ),
    ).toBe('arms.web.request={"method":"PUT","headers":{"Cookie":"[redacted]","Accept":"x"}}');
  });
});
