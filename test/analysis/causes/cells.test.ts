import { describe, expect, it } from 'vitest';
import { describeRefusedByChance } from '../../../src/analysis/causes/by-chance.ts';
import { diagnose } from '../../../src/analysis/causes/diagnose.ts';
import { CAUSES, type CauseId } from '../../../src/analysis/causes/index.ts';
import { weighSymptom, weighSymptoms } from '../../../src/analysis/causes/weigh.ts';
import { listSymptoms } from '../../../src/analysis/observations/symptoms.ts';
import type { Observations } from '../../../src/analysis/observations/types.ts';
import { emptySecond } from '../../../src/analysis/second-columns.ts';
import { createRandom } from '../../../src/random.ts';
import { readCell, withoutArms, withoutFar } from './read-cell.ts';

interface Cell {
  readonly name: string;
  readonly cause: CauseId;
  /** What decides, and the same observations without it. */
  readonly decidedBy: string;
  without(seen: Observations): Observations;
}

/** Runs in real labs: `npm run confusion -- --keep`, then bench/confusion/fixture.mjs. */
const CELLS: readonly Cell[] = [
  {
    ...{ name: 'early-reuse', cause: 'early-reuse' },
    ...{ decidedBy: 'the bare ACKs that the far side was seen to answer', without: withoutFar },
  },
  {
    ...{ name: 'accept-queue', cause: 'accept-queue' },
    ...{ decidedBy: "the far end's ListenOverflows", without: withoutFar },
  },
  {
    ...{ name: 'pre-answered', cause: 'pre-answered', decidedBy: 'a second closed port' },
    without: (seen) => withoutArms(seen, ['closed-79', 'closed-79-2']),
  },
  {
    ...{ name: 'idle-forgotten', cause: 'idle-forgotten' },
    ...{ decidedBy: 'connections that were opened at different times', without: openedAtOnce },
  },
  {
    ...{ name: 'age-limit', cause: 'age-limit' },
    ...{ decidedBy: 'connections that were opened at different times', without: openedAtOnce },
  },
  {
    ...{ name: 'syn-flood-defence', cause: 'syn-flood-defence', decidedBy: 'a low rate' },
    without: (seen) => withoutArms(seen, ['keep-4', 'steps-4']),
  },
  {
    ...{ name: 'syn-flood-short', cause: 'syn-flood-defence', decidedBy: 'a low rate' },
    without: (seen) => withoutArms(seen, ['keep-4', 'steps-3']),
  },
  {
    ...{ name: 'age-limit-few', cause: 'age-limit' },
    ...{ decidedBy: 'connections that were opened at different times', without: openedAtOnce },
  },
  {
    ...{
      name: 'loss-after-near',
      cause: 'loss-after-handshake',
      decidedBy: 'handshakes enough to say that none stalls',
    },
    without: ({ arms, ...seen }) => ({ ...seen, arms: arms.filter(({ name }) => name === 'baseline-2') }),
  },
  {
    ...{ name: 'rate-limit-few', cause: 'rate-limit', decidedBy: 'connections that are held' },
    without: (seen) => withoutArms(seen, ['held-2', 'fill-3', 'idle-2']),
  },
  {
    ...{ name: 'rate-limit-of-source', cause: 'rate-limit', decidedBy: 'connections that are held' },
    without: (seen) => withoutArms(seen, ['held-2', 'fill-3', 'idle-2', 'keep-4']),
  },
  {
    ...{
      name: 'service-down-at-end',
      cause: 'service-down',
      decidedBy: 'outages seen from their beginning to their end',
    },
    without: (seen) => withoutArms(seen, ['fill-3', 'steps-4', 'other-port-3']),
  },
  {
    ...{ name: 'service-away-between', cause: 'service-down' },
    decidedBy: 'a second time at which all were refused and what was open was cut',
    without: (seen) => withoutArms(seen, ['fill-4', 'other-port-4']),
  },
  {
    ...{ name: 'rate-limit', cause: 'rate-limit', decidedBy: 'connections that are held' },
    without: (seen) => withoutArms(seen, ['held-2', 'fill-3', 'idle-2']),
  },
  {
    ...{ name: 'rate-limit-burst', cause: 'rate-limit', decidedBy: 'connections that are held' },
    without: (seen) => withoutArms(seen, ['held-2', 'keep-3', 'steps-3', 'idle-2']),
  },
  {
    ...{ name: 'rate-limit-low', cause: 'rate-limit', decidedBy: 'connections that are held' },
    without: (seen) => withoutArms(seen, ['held-2', 'fill-3', 'idle-2']),
  },
  {
    ...{
      name: 'loss-towards-here',
      cause: 'loss',
      decidedBy: 'the far side, which sent more than SYN-ACKs again',
    },
    without: (seen) => ({ ...withoutFar(seen), near: { ...seen.near, TcpExtTCPOFOQueue: 40 } }),
  },
  {
    ...{
      name: 'loss-after-handshake',
      cause: 'loss-after-handshake',
      decidedBy: 'handshakes that were all prompt',
    },
    without: withSlowHandshakes,
  },
  {
    ...{ name: 'loss-of-requests', cause: 'loss-after-handshake' },
    ...{ decidedBy: 'handshakes that were all prompt', without: withSlowHandshakes },
  },
  {
    ...{ name: 'loss-of-refusals', cause: 'loss', decidedBy: 'the far side' },
    without: (seen) => ({ ...withoutFar(seen), near: { ...seen.near, TcpExtTCPOFOQueue: 40 } }),
  },
  {
    ...{ name: 'open-limit-few', cause: 'open-limit', decidedBy: 'the arm that filled it at two rates' },
    without: (seen) => withoutArms(seen, ['fill-3']),
  },
  {
    ...{ name: 'reset-injected', cause: 'reset-injected', decidedBy: 'the TTL of the RSTs' },
    without: withoutPackets,
  },
  {
    ...{ name: 'resets-at-one-rate', cause: 'reset-injected', decidedBy: 'the TTL of the RSTs' },
    without: withoutPackets,
  },
  {
    ...{
      name: 'accept-queue-like-loss',
      cause: 'accept-queue',
      decidedBy: "the far end's ListenOverflows, and SYN-ACKs that came again",
    },
    without: (seen) => ({ ...withoutFar(seen), near: { ...seen.near, TcpExtTCPSYNChallenge: 9 } }),
  },
  {
    ...{
      name: 'rate-limit-beside-others',
      cause: 'rate-limit',
      decidedBy: 'what got through in each second of all arms',
    },
    without: (seen) => withoutArms(seen, ['held-3', 'keep-4', 'steps-4', 'fill-4']),
  },
  {
    ...{ name: 'accept-queue-one', cause: 'accept-queue', decidedBy: "the far end's ListenOverflows" },
    without: withoutFar,
  },
  {
    ...{ name: 'accept-queue-near', cause: 'accept-queue' },
    decidedBy: 'the SYN-ACKs that came again to open connections',
    without: (seen) => ({ ...seen, near: { ...seen.near, TcpExtTCPSYNChallenge: 9 } }),
  },
  {
    ...{ name: 'accept-queue-one-near', cause: 'accept-queue' },
    decidedBy: 'requests that were sent again four times and more',
    without: sentAgainThrice,
  },
  {
    ...{ name: 'service-down-unseen', cause: 'service-down' },
    decidedBy: 'the times in which all was refused, as what was open was cut',
    without: (seen) => withoutArms(seen, ['held-2', 'idle-2']),
  },
  {
    ...{ name: 'early-reuse-near', cause: 'early-reuse', decidedBy: 'another port, which was clean' },
    without: (seen) => withoutArms(seen, listOtherPorts(seen)),
  },
  {
    ...{ name: 'service-down', cause: 'service-down', decidedBy: 'connections that were open as it began' },
    without: withoutCuts,
  },
  {
    ...{ name: 'rate-limit-icmp', cause: 'rate-limit', decidedBy: 'a rate at which none fails' },
    without: (seen) => withoutArms(seen, ['keep-2', 'steps-2']),
  },
  {
    ...{ name: 'dead-path', cause: 'dead-path', decidedBy: 'ports on which nothing listens' },
    without: (seen) =>
      withoutArms(
        seen,
        seen.arms.flatMap(({ name }) => (name.startsWith('closed') ? [name] : [])),
      ),
  },
];

/** The same, as if whatever was sent again often had been three times. */
function sentAgainThrice(seen: Observations): Observations {
  const arms = seen.arms.map((arm) => {
    const all = Object.entries(arm.summary.requestRetransmits ?? {});
    const requestRetransmits = Object.fromEntries(
      [0, 1, 2, 3].map((copies) => [
        copies,
        all.reduce((sum, [key, count]) => sum + (Math.min(3, Number(key)) === copies ? count : 0), 0),
      ]),
    );
    return { ...arm, summary: { ...arm.summary, requestRetransmits } };
  });
  return { ...seen, arms };
}

/** The same, as if nothing that was held had been cut. */
function withoutCuts(seen: Observations): Observations {
  return withoutArms(
    seen,
    seen.arms.flatMap(({ name, arm }) => (arm.holdUs > 0 ? [name] : [])),
  );
}

/** The same, as if one in a hundred handshakes had taken as long as it takes until a request is sent again. */
function withSlowHandshakes(seen: Observations): Observations {
  const arms = seen.arms.map((arm) => {
    const handshakeUs = { ...arm.summary.handshakeUs, p99: 260_000, p999: 260_000 };
    return { ...arm, summary: { ...arm.summary, handshakeUs } };
  });
  return { ...seen, arms };
}

/** The same without what either side captured. */
function withoutPackets(seen: Observations): Observations {
  const arms = seen.arms.map(({ summary: { answers: _, ...summary }, ...arm }) => ({ ...arm, summary }));
  return { ...withoutFar(seen), arms };
}

function listOtherPorts({ arms }: Observations): string[] {
  return arms.flatMap(({ name }) => (/^(closed|other-port)/.test(name) ? [name] : []));
}

/** The same, as if all connections of an arm had been opened in the same moment: an event looks like a timer then. */
function openedAtOnce(seen: Observations): Observations {
  const arms = seen.arms.map((arm) => {
    const { counts, bySecond } = arm.series;
    return { ...arm, series: { bySecond, counts: { ...counts, lastBegunUs: counts.firstBegunUs } } };
  });
  return { ...seen, arms };
}

/** The machine was busy with other work when some of these were recorded: what is tested is the weighing of what was seen. */
function see(name: string): Observations {
  return { ...readCell(name), generatorLimited: false };
}

function namedOf(seen: Observations): string[] {
  return diagnose(seen).causes.flatMap(({ id, status }) => (status === 'named' ? [id] : []));
}

it('does not take requests that something kept for a while for lost ones', () => {
  const seen = see('loss-after-handshake');
  const arms = seen.arms.map((arm) => {
    const { service } = arm.summary;
    const firstByteUs = { ...service.firstByteUs, p99: 480_000, p999: 480_000 };
    return { ...arm, summary: { ...arm.summary, service: { ...service, firstByteUs } } };
  });
  expect(namedOf({ ...seen, arms })).toEqual([]);
});

it('does not take a defence for a meter that drops every first SYN and lets every second pass', () => {
  expect(namedOf(see('first-syns-dropped'))).toEqual([]);
});

it('excludes nothing that spares few, where none of a few was spared', () => {
  const seen = see('rate-limit-low');
  const symptom = listSymptoms(seen).find(({ arm }) => arm.name === 'other-port')!;
  expect([symptom.arm.summary.established, symptom.count, symptom.of]).toEqual([0, 54, 54]);
  const idsOf = (one: Observations): string[] =>
    weighSymptom(symptom, one).possible.map(({ cause }) => cause.id);
  expect(idsOf(seen)).toContain('rate-limit');
  // Had the others got through, it would be this arm that something keeps from it.
  const spared = seen.arms.map((arm) => {
    const bySecond = [...arm.series.bySecond].map(
      ([second, counts]) => [second, { ...counts, stalled: 0, refused: 0 }] as const,
    );
    return { ...arm, series: { ...arm.series, bySecond: new Map(bySecond) } };
  });
  expect(idsOf({ ...seen, arms: spared })).not.toContain('rate-limit');
});

describe('what drops all packets to a port above a rate', () => {
  const seen = see('policer');

  it('is not taken for a full queue, though the far end sends SYN-ACKs again', () => {
    expect(seen.near?.['TcpExtTCPSYNChallenge']).toBeGreaterThanOrEqual(10);
    expect(namedOf(seen)).toEqual([]);
  });

  it.each([
    ['requests are lost as often as SYNs', { 0: 2, 7: 740 }],
    ['many are sent again once', { 0: 700, 1: 20, 7: 30 }],
  ])('nor where %s', (_, requestRetransmits) => {
    const arms = seen.arms.map((arm) => ({ ...arm, summary: { ...arm.summary, requestRetransmits } }));
    expect(namedOf({ ...seen, arms })).not.toContain('accept-queue');
  });
});

it('says of a cause that fits all arms what decided it, in whichever arm that was seen', () => {
  const weighed = weighSymptoms(see('open-limit-few'));
  const named = weighed.map(({ named: one }) => [one?.cause.id, one?.isDecided]);
  expect(named).toEqual(weighed.map(() => ['open-limit', true]));
});

it('takes an RST of a closed port that did not come back for what a dead path does, as a SYN-ACK', () => {
  const seen = see('dead-path-back');
  const [symptom] = listSymptoms(seen);
  expect([symptom?.arm.arm.expect.kind, namedOf(seen)]).toEqual(['refused', ['dead-path']]);
});

describe('handshakes that stall here and there, too few in any arm to have a pattern', () => {
  const seen = see('scattered-stalls');
  const withTimes = (times: string): Observations => ({
    ...seen,
    arms: seen.arms.map((arm) => {
      const { synRetransmits = {}, outcomes } = arm.summary;
      const moved = Object.entries(synRetransmits).map(([key, count]) => [key === '4' ? times : key, count]);
      const { 'handshake-timeout': silent = 0, ok = 0 } = outcomes;
      const healed = { ...outcomes, ok: ok + silent, 'handshake-timeout': 0 };
      return {
        ...arm,
        summary: { ...arm.summary, synRetransmits: Object.fromEntries(moved), outcomes: healed },
      };
    }),
  });

  it('are an illness where a SYN that is sent again does not heal them, and nothing of it is named', () => {
    const { verdict, text, causes } = diagnose(seen);
    expect({ verdict, text }).toEqual({
      verdict: 'cannot-tell',
      text: expect.stringMatching(
        /^Cannot tell: 5 of 2,164 handshakes stalled although their SYN was sent again twice/,
      ),
    });
    expect(causes.find(({ id }) => id === 'early-reuse')?.status).toBe('possible');
    expect(causes.filter(({ status }) => status === 'named')).toEqual([]);
  });

  it('are those of any path where it does', () => {
    expect(diagnose(withTimes('1'))).toMatchObject({
      verdict: 'healthy',
      text: expect.stringContaining('5 of 2,164 handshakes stalled, as on any path'),
    });
  });

  it('name nothing even where one cause alone fits', () => {
    const [symptom] = listSymptoms(seen);
    const only = CAUSES.filter(({ id }) => id === 'early-reuse').map((cause) => ({
      ...cause,
      judge: () => [{ says: 'decides' as const, text: 'x' }],
    }));
    expect(weighSymptom(symptom!, seen, only)).toMatchObject({ possible: [{}], named: undefined });
    const { isScattered: _, ...plain } = symptom!;
    expect(weighSymptom(plain, seen, only).named?.cause.id).toBe('early-reuse');
  });
});

describe('packets that are lost towards here, and sent again within milliseconds', () => {
  const seen = see('loss-healed-at-once');

  it('are an illness where the far end counts as many that it sent again, and may be that or come out of order', () => {
    const { verdict, text, causes } = diagnose(seen);
    expect({ verdict, text }).toEqual({
      verdict: 'cannot-tell',
      text: expect.stringContaining(
        '56 segments from the far end came with a hole before them, on 813 connections',
      ),
    });
    expect(causes.flatMap(({ id, status }) => (status === 'possible' ? [id] : []))).toEqual([
      'loss-after-handshake',
    ]);
  });

  const counted = { ...seen.near, TcpInSegs: 8_000 };

  it('are named where none of what the far end sent again came twice', () => {
    const { verdict, causes } = diagnose({ ...seen, near: { ...counted, TcpExtDelayedACKLost: 3 } });
    expect(verdict).toBe('named');
    expect(causes).toMatchObject([{ id: 'loss-after-handshake', status: 'named' }, {}]);
  });

  it.each([
    ['to connections that were open', { TcpExtDelayedACKLost: 50 }],
    ['to connections that were closed', { TcpOutRsts: 170 }],
  ])('are not lost but late where they come twice, %s', (_, near) => {
    for (const one of [seen, withoutFar(seen)]) {
      const { verdict, causes } = diagnose({ ...one, near: { ...counted, ...near } });
      expect(verdict).toBe('cannot-tell');
      expect(causes.find(({ id }) => id === 'loss-after-handshake')?.status).toBe('excluded');
    }
  });

  it('may be lost where the far end is not known, and hardly anything else used this machine', () => {
    const { verdict, causes } = diagnose(withoutFar(seen));
    expect(verdict).toBe('cannot-tell');
    expect(causes.flatMap(({ id, status }) => (status === 'possible' ? [id] : []))).toEqual([
      'loss-after-handshake',
    ]);
  });

  it.each([
    [
      'the far end is not known, and others had connections',
      { ...withoutFar(seen), near: { ...seen.near, TcpActiveOpens: 4_000 } },
    ],
    [
      'the far end is not known, and others sent and received',
      { ...withoutFar(seen), near: { ...seen.near, TcpOutSegs: 40_000 } },
    ],
    ['the far end sent far fewer again', { ...seen, far: { ...seen.far, TcpRetransSegs: 20 } }],
    ['the far end sent far more again', { ...seen, far: { ...seen.far, TcpRetransSegs: 200 } }],
  ])('are no illness, and told of, where %s', (_, one) => {
    const { verdict, text } = diagnose(one);
    expect(verdict).toBe('healthy');
    expect(text).toMatch(/ 56 segments came to this machine with a hole before them: lost and sent again/);
  });

  it('are not told of where there are few', () => {
    const few = { ...seen, near: { ...seen.near, TcpExtTCPOFOQueue: 9 } };
    expect(diagnose(few).verdict).toBe('healthy');
    expect(diagnose(few).text).not.toMatch(/hole/);
  });
});

describe.each(CELLS)('$cause in a lab', ({ name, cause, decidedBy, without }) => {
  it('is named', () => {
    const { verdict, text } = diagnose(see(name));
    expect({ verdict, named: namedOf(see(name)), text }).toMatchObject({ verdict: 'named', named: [cause] });
  });

  it(`is one of several without ${decidedBy}`, () => {
    const { verdict, text, causes } = diagnose(without(see(name)));
    expect({ verdict, text }).toMatchObject({ verdict: 'cannot-tell' });
    expect(causes.find(({ id }) => id === cause)?.status).toBe('possible');
  });

  it('is never taken for another, whatever is missing', () => {
    const seen = see(name);
    const fewer: Observations[] = [
      ...seen.arms.map((arm) => withoutArms(seen, [arm.name])),
      ...seen.arms.map((arm) => withoutArms(withoutFar(seen), [arm.name])),
      ...[withoutFar(seen), { ...seen, near: undefined }, { ...seen, far: undefined }],
      ...[
        { ...seen, both: undefined },
        { ...seen, findings: [] },
        { ...seen, pings: undefined },
      ],
    ];
    for (const one of fewer) expect(namedOf(one).filter((id) => id !== cause)).toEqual([]);
  });
});

it('takes no limit of a rate for chance, whose share varies with what is tried', () => {
  const seen = see('resets-at-one-rate');
  const symptom = listSymptoms(seen).find(({ kind }) => kind === 'refused')!;
  const random = createRandom(5);
  /** Arrivals of a second by chance, and connections that stay open in the later half. */
  const drawn = (refusedOf: (started: number) => number): Observations => {
    const bySecond = new Map(
      Array.from({ length: 90 }, (_, second) => {
        const started = Array.from({ length: 360 }, random).filter((draw) => draw < 0.1).length;
        const refused = refusedOf(started);
        const established = started - refused;
        const counts = { started, refused, established, completed: second < 45 ? established : 0 };
        return [second, { ...emptySecond(), ...counts, scheduled: started }] as const;
      }),
    );
    const arm = { ...symptom.arm, series: { ...symptom.arm.series, bySecond } };
    return { ...seen, arms: [arm] };
  };
  const chance = drawn(
    (started) => Array.from({ length: started }, random).filter((draw) => draw < 0.4).length,
  );
  expect(describeRefusedByChance(symptom, chance)).toMatch(
    /^\d+ % were refused, spread over time as chance does it/,
  );
  expect(
    describeRefusedByChance(
      symptom,
      drawn((started) => Math.max(0, started - 21)),
    ),
  ).toBeUndefined();
});

it.each([
  ['a host that bans a client for 3 s, in its own name', 'host-that-bans', ['service-down', 'window-limit']],
  ['a firewall that drops all but the SYNs of some connections', 'acks-dropped', ['accept-queue', 'loss']],
])('nothing is named of %s', (_, name, rivals) => {
  const { verdict, causes } = diagnose(see(name));
  expect(verdict).toBe('cannot-tell');
  expect(causes.filter(({ status }) => status === 'named')).toEqual([]);
  expect(causes.filter(({ status }) => status === 'possible').map(({ id }) => id)).toEqual(
    expect.arrayContaining(rivals),
  );
});

it('handshakes that are healthy do not hide first bytes that come late', () => {
  const { verdict, text } = diagnose(see('late-first-bytes'));
  expect(verdict).toBe('healthy');
  expect(text).toMatch(/But first bytes came late: of arm reuse-2 one in a hundred took 1\.9\d? s or longer/);
});
