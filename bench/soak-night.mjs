// A made-up night at about 200/s an arm: no second is quite like another, and one in a thousand attempts stalls.

/** Seconds of histograms that are made; a night goes through them again and again. */
const POOL = 37;
const RATE_PER_SEC = 200;
const TIMED = ['handshake', 'firstByte', 'total', 'handshake-service', 'firstByte-service', 'total-service'];

export class Night {
  #arms;
  #pool;
  #emptyCounts;

  constructor(arms, pool, emptyCounts) {
    this.#arms = arms;
    this.#pool = pool;
    this.#emptyCounts = emptyCounts;
  }

  /** @param dist address of the compiled sources */
  static async create(dist, arms) {
    const { emptyCounts } = await import(`${dist}metrics/counts.js`);
    const { createHistogram, encodeHistogram, recordUs } = await import(`${dist}metrics/histogram.js`);
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state + 1) / 4_294_967_297;
    };
    const pool = Array.from({ length: POOL }, () => {
      const tags = [...arms.flatMap((arm) => TIMED.map((timed) => `${arm}.${timed}`)), 'lateness'];
      return new Map(
        tags.map((tag) => {
          const histogram = createHistogram();
          for (let index = 0; index < RATE_PER_SEC; index += 1) {
            recordUs(
              histogram,
              2_000 * Math.exp(0.3 * Math.sqrt(-2 * Math.log(random())) * Math.cos(6.2832 * random())),
            );
          }
          return [tag, { text: encodeHistogram(histogram), maxUs: histogram.maxValue }];
        }),
      );
    });
    return new Night(arms, pool, emptyCounts);
  }

  second(second) {
    const stalled = second % 5 === 0 ? 1 : 0;
    const started = RATE_PER_SEC + ((second * 7) % 3) - 1;
    const atUs = second * 1_000_000;
    const counts = {
      ...this.#emptyCounts(),
      ...{ scheduled: RATE_PER_SEC, started, established: started, completed: started, requests: started },
      ...{ recovered: stalled, bytes: started * 1_234, outcomes: { ok: started } },
      ...{ firstBegunUs: atUs + 3, lastBegunUs: atUs + 995_000, lastEndUs: atUs + 999_000 },
      synRetransmits: stalled === 1 ? { 0: started - 1, 1: 1 } : { 0: started },
      stalledBySecond: stalled === 1 ? { [second - 1]: 1 } : {},
      endpoints: { '10.0.0.5:3128': { started, established: started, completed: started, stalled } },
    };
    const stall = {
      ...{ series: this.#arms[0], atUs: atUs - 500_000, handshakeUs: 1_020_000, synRetransmits: 1 },
      ...{ fate: 'recovered', endpoint: '10.0.0.5:3128', source: '10.0.0.9:20123' },
      ...{ reuseAgeMs: 61_234.5, sourceReuseAgeMs: 61_234.5 },
    };
    return {
      frame: {
        ...{ second, open: second % 4, stallsLeftOut: 0 },
        series: Object.fromEntries(this.#arms.map((arm) => [arm, counts])),
      },
      histograms: this.#pool[second % POOL],
      stalls: stalled === 1 ? this.#arms.map((series) => ({ ...stall, series })) : [],
    };
  }

  facts(soak) {
    return {
      scenario: {
        schema: 1,
        name: 'night',
        description: '',
        farEnd: 'none',
        arms: [],
        pass: [],
        findings: [],
      },
      ...{
        label: '',
        startedAt: '2025-01-31T01:30:00.000Z',
        engine: 'raw',
        stallsByTcpInfo: true,
        workers: 1,
      },
      ...{ endpoints: {}, command: [], versions: { rushhour: '0', node: process.version }, host: {} },
      soak: { forUs: 28_800_000_000, fingerprint: '', ...soak },
    };
  }
}
