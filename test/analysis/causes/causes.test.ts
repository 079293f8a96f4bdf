import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/analysis/causes/diagnose.ts';
import type { Diagnosis } from '../../../src/analysis/causes/diagnosis.ts';
import { CAUSES } from '../../../src/analysis/causes/index.ts';
import type { Cause } from '../../../src/analysis/causes/types.ts';
import { sayStep } from '../../../src/analysis/causes/words.ts';
import { observe } from '../../../src/analysis/observations/observe.ts';
import { listSymptoms } from '../../../src/analysis/observations/symptoms.ts';
import type { FarPorts } from '../../../src/metrics/far.ts';
import { armOf, hold, sec } from '../parts.ts';
import {
  CASES,
  closedPort,
  cutAt,
  farOf,
  fill,
  fresh,
  held,
  NEAR,
  otherPort,
  portsOf,
  reset,
  SOURCE,
  short,
  spread,
  stress,
  UNDECIDED,
} from './cases.ts';
import { away, lossy, openLimit, port, rateLimit, reuse, together } from './paths.ts';
import { randomOf } from './random.ts';
import { asking, diagnoseIn, type Load, type Path, play } from './world.ts';

function statusOf({ causes }: Diagnosis, id: string): string | undefined {
  return causes.find((cause) => cause.id === id)?.status;
}

function isCaseOf(id: string, of: string): boolean {
  return CAUSES.some((cause: Cause) => cause.id === id && cause.isCaseOf === of);
}

describe('a cause', () => {
  it.each(CASES)('$cause is named: $what', ({ cause, loads, path, more }) => {
    const diagnosis = diagnoseIn(loads, path(), more);
    const named = diagnosis.causes.filter(({ status }) => status === 'named').map(({ id }) => id);
    expect({ verdict: diagnosis.verdict, named, text: diagnosis.text }).toMatchObject({
      verdict: 'named',
      named: [cause],
    });
    const [found] = diagnosis.causes;
    expect(found!.for.length).toBeGreaterThan(0);
    expect(found!.next.length).toBeGreaterThan(0);
    // Each rival was excluded by something; what is a case of the named cause may be it in particular.
    for (const { id, status, against } of diagnosis.causes.slice(1)) {
      if (isCaseOf(id, cause) && status === 'possible') continue;
      expect(status).toBe('excluded');
      expect(against.length).toBeGreaterThan(0);
    }
  });

  it.each(
    CASES.filter(({ without }) => without !== undefined),
  )('$cause is one of several without what decides: $what', ({ cause, loads, path, more, without = {} }) => {
    const left = without.loads ?? loads.filter(({ arm }) => without.arms?.includes(arm.name) !== true);
    const diagnosis = diagnoseIn(left, (without.path ?? path)(), without.more ?? more);
    expect({ verdict: diagnosis.verdict, text: diagnosis.text }).toMatchObject({ verdict: 'cannot-tell' });
    expect(statusOf(diagnosis, cause)).toBe('possible');
    expect(diagnosis.decide.length).toBeGreaterThan(0);
  });

  it.each(
    Object.entries(UNDECIDED),
  )('%s is one of several, as nothing seen from here decides', (id, undecided) => {
    const diagnosis = diagnoseIn(undecided.loads, undecided.path(), undecided.more);
    expect({ verdict: diagnosis.verdict, text: diagnosis.text }).toMatchObject({ verdict: 'cannot-tell' });
    expect(statusOf(diagnosis, id)).toBe('possible');
    expect(diagnosis.causes.filter(({ status }) => status === 'named')).toEqual([]);
  });

  it('has a case in which it is named, and is not without what decides; or one in which it stays one of several', () => {
    const decided = CASES.filter(({ without }) => without !== undefined).map(({ cause }) => cause);
    expect(new Set([...decided, ...Object.keys(UNDECIDED)])).toEqual(new Set(CAUSES.map(({ id }) => id)));
    expect(CASES.filter(({ cause }) => cause in UNDECIDED)).toEqual([]);
    expect(CASES.filter(({ without }) => without === undefined)).toEqual([]);
  });

  it('says where a setting or a command of a firewall is documented, and shows it', () => {
    const steps = CAUSES.flatMap(({ id, next }: Cause) => next.map((step) => ({ id, step })));
    const ofFirewalls = steps.filter(({ step }) => step.firewall !== undefined);
    expect(new Set(ofFirewalls.map(({ step }) => step.firewall))).toContain('PAN-OS');
    for (const { id, step } of ofFirewalls) {
      expect(step.source, `${id}: ${step.text}`).toMatch(/^(https?:\/\/\S+|RFC \d+.*)$/);
      expect(sayStep(step)).toBe(`${step.firewall}: ${step.text} (${step.source})`);
    }
  });

  it('says what it predicts, what decides and where that is documented', () => {
    for (const { predicts, decidedBy, next, proof, source, id } of CAUSES) {
      for (const text of [predicts, proof, source]) expect(text, id).not.toBe('');
      expect(next.length, id).toBeGreaterThan(0);
      if (id !== 'service-listens') expect(decidedBy.length, id).toBeGreaterThan(0);
    }
    expect(new Set(CAUSES.map(({ id }) => id)).size).toBe(CAUSES.length);
  });
});

describe('a limit of open connections', () => {
  it('may be the table of connections: it is named, and that stays possible', () => {
    const diagnosis = diagnoseIn(
      [held(5, 60, 120), otherPort],
      openLimit(50, () => 'all'),
      NEAR,
    );
    expect(diagnosis.verdict).toBe('named');
    expect(statusOf(diagnosis, 'open-limit')).toBe('named');
    expect(statusOf(diagnosis, 'state-table-full')).toBe('possible');
  });

  it('that is full for a second or two each time is no limit of a rate', () => {
    const fill: Load = {
      arm: armOf({
        ...{ name: 'fill', holdUs: 5_000_000, close: 'fin' },
        load: {
          kind: 'open',
          phases: [39, 19].map((ratePerSec) => ({ kind: 'hold', ratePerSec, forUs: 10_000_000 })),
        },
      }),
    };
    const diagnosis = diagnoseIn(
      [fill, short('other-port', otherPort.arm, 2)],
      openLimit(90, () => 'all'),
      NEAR,
    );
    expect(statusOf(diagnosis, 'rate-limit')).toBe('excluded');
    expect(statusOf(diagnosis, 'open-limit')).not.toBe('excluded');
    // A meter that fills up at the higher rate alone.
    expect(statusOf(diagnoseIn([fill], rateLimit(15, 20), NEAR), 'rate-limit')).toBe('possible');
  });

  it('of one port is not the table of connections', () => {
    const diagnosis = diagnoseIn([held(12, 120, 200), otherPort], openLimit(600), NEAR);
    expect(statusOf(diagnosis, 'open-limit')).toBe('named');
    expect(statusOf(diagnosis, 'state-table-full')).toBe('excluded');
  });
});

describe('a far side that saw the ports of a NAT', () => {
  const fates = { fill: { frozen: { 'not-seen': 40 } } };
  const withPorts = (changes: Partial<FarPorts>) =>
    diagnoseIn([fill, otherPort], openLimit(100), { ...NEAR, both: farOf(fates, portsOf(changes)) });

  it('shows that it had others while SYNs did not arrive, so that it did not lack any', () => {
    const many = { ports: 1_600, takenMedian: 210, takenMost: 230, laterNew: 390 };
    expect(statusOf(withPorts(many), 'nat-ports')).toBe('excluded');
    expect(statusOf(withPorts(many), 'open-limit')).not.toBe('excluded');
  });

  it('shows that it had none left, though one of them was given again early', () => {
    const early = withPorts({ takenMedian: 63, takenMedianByMany: 100, takenMost: 100 });
    expect(statusOf(early, 'nat-ports')).toBe('named');
  });

  it.each([
    ['most of them were free at some time', { takenMedian: 90 }],
    ['SYNs came from others later', { laterNew: 60 }],
    ['few SYNs did not arrive', { missed: 19 }],
    ['hardly any came after that', { later: 19 }],
    ['this machine used no more itself', { ports: 2_000, takenMedian: 2_000, takenMost: 2_000 }],
    [
      'only by the one that was given again soonest many were free',
      { ports: 1_600, takenMedian: 210, takenMost: 230, takenMostByMany: 1_600, laterNew: 390 },
    ],
    [
      'none was ever seen again',
      { ports: 1_600, takenMedian: 210, takenMost: 230, laterNew: 390, restUs: null },
    ],
  ])('says nothing where %s', (_, changes) => {
    const diagnosis = withPorts(changes);
    expect(diagnosis.causes.filter(({ status }) => status === 'named')).toEqual([]);
    expect(statusOf(diagnosis, 'nat-ports')).toBe('possible');
    expect(statusOf(diagnosis, 'open-limit')).toBe('possible');
  });

  it('says nothing where ports are kept, as far as they are free', () => {
    const both = farOf(fates, portsOf());
    const attempts = { ...both.attempts, matched: 40 };
    const kept = { ...both, attempts, nat: { ...both.nat, kind: 'port-preserving' as const } };
    const diagnosis = diagnoseIn([fill, otherPort], openLimit(100), { ...NEAR, both: kept });
    expect(diagnosis.causes.filter(({ status }) => status === 'named')).toEqual([]);
  });
});

describe('a service that is restarted', () => {
  const gone: Path = {
    ...away([[30.4, 33.0]], 'reset'),
    cut: (_, openedSec) => (openedSec < 30.4 ? { atSec: 30.4, how: 'FIN' } : undefined),
    answer: () => 'rst',
  };
  const keep = (name: string) => ({
    arm: armOf({ name, load: hold(40, 60), holdUs: sec(20), close: 'fin' }),
  });

  it('cuts what is held as well, and needs no second cause', () => {
    const diagnosis = diagnoseIn([keep('keep'), short('connect')], gone, NEAR);
    expect(diagnosis.verdict).toBe('named');
    expect(diagnosis.causes.filter(({ status }) => status === 'named').map(({ id }) => id)).toEqual([
      'service-down',
    ]);
    expect(diagnosis.symptoms.join()).toMatch(/held connections \(arm keep\) were cut/);
  });

  it('leaves slots of whatever limit there is, so that it is no limit', () => {
    const of = (path: Path) =>
      statusOf(diagnoseIn([keep('keep'), short('connect', {}, 20)], path, NEAR), 'open-limit');
    expect(of(gone)).toBe('excluded');
    const { cut: _, ...refusing } = gone;
    expect(of(refusing)).toBe('possible');
  });

  it('has cut what was held as others had yet to be tried, and were refused from the first on', () => {
    const early: Path = {
      ...gone,
      cut: (_, openedSec) => (openedSec < 27 ? { atSec: 28.4, how: 'FIN' } : undefined),
    };
    const first = { arm: armOf({ name: 'keep', load: hold(40, 26), holdUs: sec(20), close: 'fin' }) };
    const later = (name: string): Load => ({
      arm: armOf({
        name,
        close: 'reset',
        load: {
          kind: 'open',
          phases: [
            { kind: 'idle', forUs: sec(30) },
            { kind: 'hold', ratePerSec: 40, forUs: sec(20) },
          ],
        },
      }),
    });
    const away30 = away([[28.4, 33.0]], 'reset');
    const diagnosis = diagnoseIn([first, later('later')], { ...early, syn: away30.syn! }, NEAR);
    expect(statusOf(diagnosis, 'open-limit')).toBe('excluded');
    expect(statusOf(diagnosis, 'service-down')).toBe('named');
    expect(diagnosis.causes.find(({ id }) => id === 'service-down')?.for.join()).toMatch(
      /were cut as others began to be refused/,
    );
  });

  it('has not cut what ended at other times', () => {
    const cutLater: Path = { ...gone, cut: (_, openedSec) => ({ atSec: openedSec + 3, how: 'FIN' }) };
    const diagnosis = diagnoseIn([keep('keep'), short('connect')], cutLater, NEAR);
    expect(diagnosis.verdict).not.toBe('named');
  });
});

describe('ports that were reset on the way', () => {
  it('are held at the far end, which did not hear of it: a SYN that is sent again for that needs no second cause', () => {
    const reused: Load = {
      arm: asking('reused', { load: hold(40, 60), source: SOURCE(400, 'sequential') }),
      ports: 400,
    };
    const brokenPorts = new Set<string>();
    const random = randomOf(3);
    const path: Path = {
      breaks: ({ tuple }) => {
        if (random() >= 0.1) return undefined;
        brokenPorts.add(tuple);
        return 'response-reset';
      },
      heals: ({ tuple }) => brokenPorts.delete(tuple),
      answer: () => 'rst-other-ttl',
    };
    const diagnosis = diagnoseIn([reused, otherPort], path, NEAR);
    expect(diagnosis.symptoms.join()).toMatch(/needed a second SYN/);
    expect(diagnosis.causes.filter(({ status }) => status === 'named').map(({ id }) => id)).toEqual([
      'reset-injected',
    ]);
    expect(diagnosis.verdict).toBe('named');
  });
});

describe('connections that break before they are answered', () => {
  const broken =
    (how: 'response-reset' | 'response-empty'): NonNullable<Path['breaks']> =>
    ({ atSec }) =>
      Math.round(atSec * 100) % 10 === 0 ? how : undefined;

  it('are not called healthy, nor put down to the path without captures on both sides', () => {
    const diagnosis = diagnoseIn([spread], { breaks: broken('response-reset') }, NEAR);
    expect(diagnosis.verdict).toBe('cannot-tell');
    expect(diagnosis.text).toMatch(/were reset or closed before they were answered/);
    for (const id of ['reset-injected', 'far-end-breaks']) expect(statusOf(diagnosis, id)).toBe('possible');
  });

  it('are no injected RSTs if they end without one', () => {
    const diagnosis = diagnoseIn([spread], { breaks: broken('response-empty') }, NEAR);
    expect(statusOf(diagnosis, 'reset-injected')).toBe('excluded');
    expect(statusOf(diagnosis, 'far-end-breaks')).toBe('possible');
  });

  it('are put down to the service that was restarted, if that refused them as well', () => {
    const diagnosis = diagnoseIn(
      [spread, short('connect'), held(5, 60, 60)],
      {
        ...away([[30.4, 33.0]], 'reset'),
        answer: () => 'rst',
        cut: cutAt(30.4),
        breaks: ({ atSec }) => (atSec > 30.2 && atSec < 30.4 ? 'response-reset' : undefined),
      },
      NEAR,
    );
    expect(diagnosis.causes.filter(({ status }) => status === 'named').map(({ id }) => id)).toEqual([
      'service-down',
    ]);
    expect(diagnosis.verdict).toBe('named');
  });
});

describe('a machine that drops packets itself', () => {
  const seenWith = (answer: string) =>
    observe(
      play(
        [spread],
        {
          syn: ({ atSec, copy }) => (copy === 0 && Math.round(atSec * 60) % 9 === 0 ? 'drop' : 'pass'),
          answer: () => answer,
        },
        NEAR,
      ),
    );
  const limited = { generatorLimited: true, limits: ['local-drop: …'], isLimitedByDrops: true };

  it('is named where its SYNs were not seen to leave, though it was the bottleneck', () => {
    const diagnosis = diagnose({ ...seenWith('not-seen'), ...limited });
    expect(diagnosis.verdict).toBe('named');
    expect(statusOf(diagnosis, 'probe')).toBe('named');
  });

  it.each([
    ['they were seen to leave', 'silence', {}],
    ['it was late as well', 'not-seen', { isLimitedByDrops: false }],
  ])('is no verdict where %s', (_, answer, more) => {
    expect(diagnose({ ...seenWith(answer), ...limited, ...more }).verdict).toBe('none');
  });
});

describe("the far end's count of a full queue", () => {
  it('does not say at which of two ports it was full', () => {
    const loads = [spread, short('other', { target: otherPort.arm.target, load: hold(60, 60) })];
    const far = { TcpExtListenOverflows: 9_000, TcpExtListenDrops: 9_000 };
    const diagnosis = diagnoseIn(loads, rateLimit(40, 5), { ...NEAR, far });
    expect(diagnosis.causes.filter(({ status }) => status === 'named')).toEqual([]);
    expect(statusOf(diagnosis, 'accept-queue')).toBe('possible');
  });
});

describe('what was once blamed on ports', () => {
  it.each([
    [
      'a SYN rate limit',
      'rate-limit',
      [{ arm: asking('traffic', { load: hold(100, 60) }) }, short('control')],
      () => rateLimit(60, 200),
    ],
    ['an outage of 4 s', 'outage', [spread, short('connect')], () => away([[20, 24]])],
    [
      'a saturated proxy',
      'accept-queue',
      [spread, otherPort],
      () => ({ ...rateLimit(50, 5), firstByteSec: () => 0.4 }),
    ],
    ['a limit that all share', 'open-limit', [held(20, 10, 8), otherPort], () => openLimit(50, () => 'all')],
  ] as const)('%s is not told from others by one arm', (_, cause, loads, path) => {
    const diagnosis = diagnoseIn(loads, path(), NEAR);
    expect(diagnosis.verdict).toBe('cannot-tell');
    expect(diagnosis.causes.filter(({ status }) => status === 'named')).toEqual([]);
    expect(statusOf(diagnosis, cause)).toBe('possible');
  });

  it('a proxy that was restarted is no defence against floods', () => {
    const diagnosis = diagnoseIn([spread], away([[30, 32.04]], 'reset'), NEAR);
    expect(statusOf(diagnosis, 'syn-flood-defence')).toBeUndefined();
    expect(statusOf(diagnosis, 'service-down')).toBe('possible');
  });

  it('one SYN in ten that is refused is put down to no one', () => {
    let turn = 0;
    const path: Path = { syn: () => (++turn % 10 === 0 ? 'reset' : 'pass'), refusal: 'RST' };
    const diagnosis = diagnoseIn([{ arm: asking('traffic', { load: hold(100, 60) }) }], path, NEAR);
    expect(diagnosis.verdict).toBe('cannot-tell');
  });
});

describe('outages of 4 s, again and again, of all that is tried', () => {
  const outages = Array.from({ length: 9 }, (_, nth) => [nth * 7 + 3, nth * 7 + 7] as const);
  const keep = (holdSec: number): Load => ({
    arm: armOf({
      name: 'keep',
      load: hold(40, 45),
      holdUs: sec(holdSec),
      close: 'fin',
      source: SOURCE(9_000, 'lru'),
    }),
  });
  const nine: Load = { arm: { ...closedPort('nine', 9).arm, load: hold(5, 45) } };
  const pings = { '10.0.0.1': { sent: 45, answered: 45, minUs: 90, meanUs: 100, maxUs: 200 } };
  /** Nothing listens at port 9. */
  const comeAndGo: Path = {
    syn: (syn) => {
      const fate = away(outages).syn!(syn);
      return fate === 'pass' && port(syn) === '9' ? 'reset' : fate;
    },
  };
  const possible = (loads: readonly Load[], path: Path = comeAndGo): string[] =>
    diagnoseIn(loads, path, { ...NEAR, pings })
      .causes.filter(({ status }) => status !== 'excluded')
      .map(({ id }) => id)
      .sort();

  it('leave what has a clock of its own, and nothing that counts what is open or what rests', () => {
    expect(possible([keep(44), nine])).toEqual(['syn-flood-defence', 'window-limit']);
  });

  it('leave limits and pools, if what was held had been closed before', () => {
    expect(possible([keep(3), nine])).toEqual(
      expect.arrayContaining(['nat-ports', 'open-limit', 'state-table-full', 'syn-flood-defence']),
    );
  });

  it('leave limits and pools, if what was held was cut before', () => {
    const cut: Path = { ...comeAndGo, cut: (_, openedSec) => ({ atSec: openedSec + 2, how: 'RST' }) };
    expect(possible([keep(44), nine], cut)).toEqual(expect.arrayContaining(['open-limit']));
  });

  it('leave a queue, and ports that are held, if nothing but that port was tried, or others were spared', () => {
    const held = ['accept-queue', 'early-reuse'];
    expect(possible([keep(44)])).toEqual(expect.arrayContaining(held));
    const spared: Path = {
      syn: (syn) => (port(syn) === '9' ? 'reset' : (away(outages).syn?.(syn) ?? 'pass')),
    };
    expect(possible([keep(44), nine], spared)).toEqual(expect.arrayContaining(held));
  });

  it('leave ports that a firewall still knows, where they had been used before', () => {
    const used: Load = { arm: { ...keep(3).arm, source: SOURCE(120, 'sequential') }, ports: 120 };
    expect(possible([used, nine])).toContain('held-by-firewall');
    expect(possible([keep(3), nine])).not.toContain('held-by-firewall');
  });
});

describe('arms of which one uses every address of the machine', () => {
  it('differ in the source from one that leaves the address to the machine: a limit per source tells them apart', () => {
    const every: Load = { arm: asking('every', { load: hold(20, 40), source: SOURCE(9_000, 'lru') }) };
    const plain: Load = { arm: asking('plain', { load: hold(20, 40) }) };
    const path: Path = {
      syn: ({ arm, atSec }) => (arm.name === 'plain' && Math.round(atSec * 20) % 3 > 0 ? 'drop' : 'pass'),
    };
    const [symptom] = listSymptoms(observe(play([every, plain], path, NEAR)));
    expect(symptom!.contrasts.map(({ differs }) => differs)).toEqual([expect.arrayContaining(['source'])]);
    expect(statusOf(diagnoseIn([every, plain], path, NEAR), 'open-limit')).not.toBe('excluded');
  });
});

describe('RSTs of another distance in place of SYN-ACKs', () => {
  it('may be those of a limit at the firewall', () => {
    const random = randomOf(8);
    const path: Path = {
      syn: () => (random() < 0.1 ? 'reset' : 'pass'),
      answer: () => 'rst-other-ttl',
    };
    const diagnosis = diagnoseIn([spread], path, NEAR);
    expect(diagnosis.causes.filter(({ status }) => status === 'named')).toEqual([]);
    expect(statusOf(diagnosis, 'reset-injected')).toBe('possible');
  });
});

describe('arms whose requests differ in length', () => {
  const load = hold(20, 40);
  const long = asking('long', { load });
  const loads = [
    { arm: asking('short', { load }) },
    {
      arm: {
        ...long,
        request: { ...long.request, headers: [['X-Fill', 'x'.repeat(1_600)] as const] },
      },
    },
  ];
  const differences = (path: Path) =>
    listSymptoms(observe(play(loads, path, NEAR))).map(({ kind, contrasts }) => [
      kind,
      contrasts.map(({ differs }) => differs),
    ]);

  it('differ in that after the handshake, and not in their SYNs', () => {
    const ill = ({ arm }: { readonly arm: { readonly name: string } }): boolean => arm.name === 'long';
    expect(differences({ swallowsRequest: ill })).toEqual([['late', [['size']]]]);
    expect(differences({ syn: (syn) => (ill(syn) ? 'drop' : 'pass') })).toEqual([['stalled', [[]]]]);
  });
});

describe('a run in which nothing is ill', () => {
  it.each([
    ['as it comes', {}],
    ['on a path of 400 ms', { rttSec: 0.4 }],
  ] as const)('is healthy: %s', (_, path) => {
    expect(diagnoseIn([stress, reset, fresh], path, NEAR)).toMatchObject({ verdict: 'healthy', causes: [] });
  });

  it('is healthy as far as it was tried, and says what was not', () => {
    const seen = observe(play([stress, reset, fresh], {}, NEAR));
    const untried = [
      { text: 'what answered the SYNs', needs: 'root' },
      { text: 'whether SYNs of other clients fare alike', needs: 'the packet engine' },
    ];
    const { text } = diagnose({ ...seen, untried });
    expect(text).toMatch(
      /of this run\. Not tried: what answered the SYNs; whether SYNs of other clients fare alike\.$/,
    );
    expect(diagnose(seen).text).not.toMatch(/Not tried/);
  });

  it('is not called healthy after a few attempts', () => {
    const few: Load = { arm: armOf({ load: hold(1, 30) }) };
    expect(diagnoseIn([few], {}, NEAR).verdict).toBe('none');
  });
});

describe('two causes at once', () => {
  it('are never one that is none of them', () => {
    const random = randomOf(7);
    const diagnosis = diagnoseIn(
      [stress, reset, fresh],
      together(reuse(1, 60, random), lossy(0.02, random)),
      NEAR,
    );
    const named = diagnosis.causes.filter(({ status }) => status === 'named').map(({ id }) => id);
    for (const id of named) expect(['early-reuse', 'loss']).toContain(id);
    expect(['named', 'possible']).toContain(statusOf(diagnosis, 'early-reuse'));
  });
});
