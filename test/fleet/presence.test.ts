import { expect, it } from 'vitest';
import { formatProbes } from '../../src/fleet/operator/format-probes.ts';
import { formatSoaks } from '../../src/fleet/operator/format-soaks.ts';
import { type KnownProbe, noteProbe } from '../../src/fleet/operator/read-probes.ts';
import { describeProbe, NO_POLICY, TwinWatch } from '../../src/fleet/probe/presence.ts';
import { sayMistakes } from '../../src/fleet/probe/probe.ts';
import { SUBJECTS } from '../../src/fleet/protocol.ts';
import { hostFacts } from '../doctor/facts.ts';

const OWN = { probe: 'a', version: '0', labels: {}, busy: null, waiting: [], soaks: [], unsentBytes: 0 };

const listed = (said: object, nowMs = 2_000): KnownProbe => {
  const probes = new Map<string, KnownProbe>();
  const data = Buffer.from(JSON.stringify(said));
  noteProbe(probes, { subject: SUBJECTS.presence('a'), data, timestampNanos: 1_000_000_000n }, nowMs);
  return probes.get('a')!;
};
const shown = (said: object): string => formatProbes([listed(said)], 2_000, 200);

it('of a probe that has ended in order is away at once, and no other process', () => {
  const here = describeProbe(hostFacts(), OWN, 1);
  const left = describeProbe(hostFacts(), { ...OWN, hasLeft: true }, 1);
  expect([listed(here).isPresent, listed(left).isPresent]).toEqual([true, false]);
  expect(shown(here)).toMatch(/ idle +1 s ago$/m);
  expect(shown(left)).toMatch(/ away +1 s ago$/m);
  const watch = new TwinWatch('me');
  const hear = (said: object) => watch.hear('other', Buffer.from(JSON.stringify(said)));
  expect([hear(left), hear(here), watch.twin !== undefined]).toEqual(['left', 'came', true]);
  expect([hear(here), hear(left)]).toEqual([undefined, 'left']);
  expect(watch.twin).toBeUndefined();
});

it('of a probe whose policy has mistakes says that it takes no orders, and its owner reads each in a line', () => {
  const said = shown(describeProbe(hostFacts(), OWN, 1, [NO_POLICY]));
  expect(said).toMatch(/^ {2}a .* takes no orders +1 s ago$/m);
  expect(said).toContain('a: fails: its policy cannot be read, so that it refuses every order -- its owner');
  const lines: string[] = [];
  sayMistakes('the policy has a mistake:\n  /p.yaml:1: rate', (line) => lines.push(line));
  expect(lines).toEqual(['it takes no orders for now: the policy has a mistake:', '  /p.yaml:1: rate']);
});

it('names the engines that the machine has', () => {
  const packages = { koffi: false, kerberos: true, pac: true };
  const enginesOf = (over: object): string[] => describeProbe(hostFacts(over), OWN, 1).engines;
  expect(enginesOf({})).toEqual(['raw', 'portable', 'packet']);
  expect(enginesOf({ packages })).toEqual(['portable']);
});

it('says that there is none', () => {
  expect(formatProbes([], 0, 100)).toBe('no probe has connected yet; docs/fleet.md shows how to start one\n');
  expect(formatSoaks([], 100)).toBe('no probe keeps a soak\n');
});
