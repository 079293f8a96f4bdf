import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../src/fleet/policy/read-policy.ts';

const mistakeOf = (extra: string, required = 'rate: 200/s\nattempts: 500\n'): string => {
  try {
    parsePolicy(`schema: 1\n${required}${extra}\n`, 'policy.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('the file of a policy', () => {
  it.each([
    ['hours: 01:00-01:05', 'hours: ["01:00-01:05"]'],
    ['hours: { from: 1 }', 'hours: ["mon-fri 20:00-06:00"]'],
    ['hours:', 'hours: ["mon-fri 20:00-06:00"]'],
    ['targets: www.example.org', 'targets: ["www.example.org"]'],
    ['proxies: 3128', 'proxies: ["proxy.example.org:3128"]'],
    ['scenarios: steady', 'scenarios: ["steady"]'],
    ['secrets: hunter2', 'secrets: ["env:PROXY_USER"]'],
  ])('says how a list is written where there is none: %s', (written, list) => {
    const said = mistakeOf(written);
    expect(said).toContain('policy.yaml:4: ');
    expect(said).toContain(`write a list, also of one: ${list}. `);
    expect(said).not.toContain('hunter2');
  });

  it.each([
    'labels: leeds',
    'labels: [leeds]',
  ])('says how a map is written where there is none: %s', (text) => {
    expect(mistakeOf(text)).toContain('write a map: labels: { site: leeds }. What this probe is called by');
  });

  it.each([
    'capture: [true]',
    'concurrency: { most: 1 }',
  ])('asks for one value where there are more: %s', (text) => {
    expect(mistakeOf(text)).toMatch(
      /policy\.yaml:4: a (list|map) does not belong in .* — write one value\. /,
    );
  });

  it('refuses labels that --on could never select', () => {
    expect(mistakeOf('labels: { probe: york-1 }')).toContain('"probe" is its id');
    for (const text of ['a|b', 'a,b'])
      expect(mistakeOf(`labels: { site: "${text}" }`)).toContain('must hold neither | nor a comma');
  });

  it('refuses what is empty, once and in words', () => {
    const label = mistakeOf('labels: { site: "" }');
    expect(label).toContain('must not be empty');
    expect(label).not.toMatch(/undefined|mistakes|on one line/);
    expect(mistakeOf('hours: []')).toContain('"hours" is an empty list — add at least one');
    expect(mistakeOf('---\nhours: [sat]')).toContain('a second document begins here');
  });

  it('counts entries of a list, and says what a label is', () => {
    expect(mistakeOf('hours: ["01:00-02:00", [x]]')).toContain(
      'a list does not belong in entry 2 of "hours"',
    );
    expect(mistakeOf('labels: { site: 3 }')).toContain(
      'the number 3 does not belong in "site" — A text of 1 to',
    );
  });

  it('loses no label by its name', () => {
    expect(mistakeOf('labels:\n  __proto__: x')).toContain('policy.yaml:5: nothing can be called __proto__');
    const text = 'schema: 1\nrate: 1\nattempts: 1\nlabels: { constructor: x }';
    expect(Object.entries(parsePolicy(text, 'policy.yaml').labels ?? {})).toEqual([['constructor', 'x']]);
    expect(mistakeOf('constructor: x')).toContain('unknown key "constructor"');
  });
});
