import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { armOf, mistakesIn } from './support.ts';

const written = (proxy: string, arm = '{ load: { concurrency: 1, attempts: 1 } }') =>
  `schema: 1\nproxy: ${proxy}\ntarget: http://www.example.org/\narms:\n  traffic: ${arm}\n`;
const scriptOf = (proxy: string, overrides = {}) =>
  armOf(parseScenario(written(proxy), 'site', overrides, '/etc/rushhour/site.yaml'), 'traffic').pac;

describe('a proxy that a script is to name', () => {
  it('is found from the scenario’s folder, or by its URL', () => {
    expect(scriptOf('{ pac: proxy.pac }')).toEqual({ source: '/etc/rushhour/proxy.pac', spread: false });
    expect(scriptOf('{ pac: http://wpad/wpad.dat, spread: true }')).toEqual({
      source: 'http://wpad/wpad.dat',
      spread: true,
    });
  });

  it('gives way to a flag, whose path is the working folder’s', () => {
    expect(scriptOf('{ pac: proxy.pac }', { proxy: '127.0.0.1:3128' })).toBeUndefined();
    const pac = { source: 'other.pac', spread: true };
    expect(scriptOf('{ pac: proxy.pac }', { pac })).toEqual(pac);
    expect(scriptOf('127.0.0.1:3128', { pac })).toEqual(pac);
  });

  it.each([
    ['{ pac: ftp://a/p.pac }', /^bad\.yaml:2:15: a PAC script is given as a file, .* not ftp:\/\/ — such as/],
    [
      '{ pac: "http://u:s3cret@a/p.pac" }',
      /^bad\.yaml:2:15: the URL of the PAC script contains credentials — download/,
    ],
    ['{ pac: "" }', /^bad\.yaml:2:15: an empty path/],
    ['{ spread: true }', /^bad\.yaml:2:8: "pac" is missing — add it/],
    ['{ pac: p.pac, spread: often }', /^bad\.yaml:2:30: "often" does not belong in "spread"/],
    ['{ pac: p.pac, sprad: true }', /^bad\.yaml:2:22: unknown key "sprad" — did you mean "?spread/],
    ['3128', /^bad\.yaml:2:8: the number 3128 does not belong in "proxy" — .*host:port/],
    ['proxy.example', /^bad\.yaml:2:8: the proxy "proxy.example" has no port/],
    ['http://wpad/wpad.dat', /^bad\.yaml:2:8: that is a PAC script.*proxy: \{ pac: … \}/],
  ])('is refused with its place where it says %s', (proxy, why) => {
    const mistakes = mistakesIn(written(proxy));
    expect(mistakes).toEqual([expect.stringMatching(why)]);
    expect(mistakes[0]).not.toContain('s3cret');
  });

  it('takes no spread where connections have to go to one proxy', () => {
    const negotiate = '{ load: { concurrency: 1, attempts: 1 }, auth: { scheme: negotiate } }';
    const spread = '{ pac: p.pac, spread: true }';
    expect(mistakesIn(written(spread, negotiate))).toEqual([
      expect.stringMatching(/^bad\.yaml:5:3: arm traffic: a Negotiate token is for one proxy/),
    ]);
    expect(() => parseScenario(written('{ pac: p.pac }', negotiate), 'good')).not.toThrow();
  });
});
