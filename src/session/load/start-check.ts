import { isIP } from 'node:net';
import { probeEndpoint } from '../../doctor/probe.ts';
import type { Endpoint } from '../../engine/types.ts';
import { EnvironmentError } from '../../errors.ts';
import { countHost } from '../../evidence/counters/count-host.ts';
import type { LocalDrops } from '../../metrics/types.ts';
import { goesThroughProxy } from '../../scenario/far-end.ts';
import type { Arm } from '../../scenario/types.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import { askAgain } from './ask-again.ts';
import { formatEndpoint } from './resolve.ts';

type Probe = typeof probeEndpoint;
type Answer = Awaited<ReturnType<Probe>>;

export interface StartCheckOptions {
  readonly warn: (message: string) => void;
  /** False: the results are to show if nothing answers, so only arms that have to choose an address are checked. */
  readonly mayRefuse?: boolean;
  /** Names of arms that are sent to what may well not answer: the run shows that. Default: none. */
  readonly controls?: readonly string[];
  readonly probe?: Probe;
  /** What this machine itself has dropped since the last call. */
  readonly takeDrops?: () => LocalDrops;
}

/**
 * Opens and closes a connection to each distinct endpoint from the same source as the arm, so that a run against
 * nothing ends before it starts: one, and up to five if none answers, because the firewall under test may refuse or
 * drop some. Arms that expect a refusal are left out. If one of several endpoints does not answer, or none of a control's,
 * that is a warning.
 * @returns the arms; those that want the first address that answers have only that one, for each of their hosts
 * @throws EnvironmentError if none of an arm's endpoints answers, unless it is a control
 */
export async function checkReachable(
  arms: readonly PlannedArm[],
  {
    warn,
    mayRefuse = true,
    controls = [],
    probe = probeEndpoint,
    takeDrops = countHost(),
  }: StartCheckOptions,
): Promise<PlannedArm[]> {
  const asked = new Map<string, Promise<string | undefined>>();
  // What is left of a connection holds its port: here against an arm that names its ports, and at a firewall whose connections are counted.
  const leavesNothing = arms.some(({ arm, ports }) => ports !== undefined || arm.holdsTogether === true);
  const askOnce = (planned: PlannedArm, endpoint: Endpoint): Promise<string | undefined> => {
    const key = `${formatEndpoint(endpoint)} from ${sourceFor(planned, endpoint) ?? 'any'}`;
    const fault = asked.get(key) ?? findFault(planned, endpoint, probe, leavesNothing);
    asked.set(key, fault);
    return fault;
  };
  const checked: PlannedArm[] = [];
  for (const planned of arms) {
    const isControl = controls.includes(planned.arm.name);
    checked.push(await checkArm(planned, askOnce, { warn, mayRefuse, isControl, takeDrops }));
  }
  return checked;
}

type CheckedHow = Required<Pick<StartCheckOptions, 'warn' | 'mayRefuse' | 'takeDrops'>> & {
  readonly isControl: boolean;
};

async function checkArm(
  planned: PlannedArm,
  ask: (planned: PlannedArm, endpoint: Endpoint) => Promise<string | undefined>,
  { warn, mayRefuse, isControl, takeDrops }: CheckedHow,
): Promise<PlannedArm> {
  const { arm, endpoints } = planned;
  const choosesFirst = arm.addresses === 'first' && endpoints.length > 1;
  if (arm.via === 'icmp' || arm.expect.kind === 'refused' || !(mayRefuse || choosesFirst))
    return choosesFirst ? { ...planned, endpoints: firstOfEach(endpoints, endpoints) } : planned;
  const faults = await Promise.all(endpoints.map((endpoint) => ask(planned, endpoint)));
  const dead = endpoints.flatMap((endpoint, index) => {
    const fault = faults[index];
    return fault === undefined ? [] : [`${formatEndpoint(endpoint)} (${fault})`];
  });
  const alive = endpoints.filter((_, index) => faults[index] === undefined);
  if (alive.length === 0 && mayRefuse && !isControl) throw unreachable(arm, dead, takeDrops());
  const chosen = choosesFirst ? firstOfEach(alive, endpoints) : endpoints;
  for (const each of dead) {
    const what = `arm ${arm.name}: ${each} does not answer`;
    if (alive.length === 0) warn(`${what}; the run goes on, as this may be what is ill`);
    else if (choosesFirst) warn(`${what}; attempts use ${chosen.map(formatEndpoint).join(', ')}`);
    else if (arm.load.kind === 'browsers' && goesThroughProxy(arm.via))
      warn(`${what}; browsers turn to the next one where it is their first`);
    else warn(`${what}; its share of the attempts will fail (--addresses first avoids it)`);
  }
  return { ...planned, endpoints: chosen };
}

/** For each host, the first endpoint among the wanted ones, or its first if none is: there is load for each host. */
function firstOfEach(wanted: readonly Endpoint[], endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const hosts = [...new Set(endpoints.map(({ host }) => host))];
  return hosts.map(
    (host) => wanted.find((one) => one.host === host) ?? endpoints.find((one) => one.host === host)!,
  );
}

/**
 * A port of the arm's own is bound only after the first tries have failed: otherwise it would already be used when the
 * load begins.
 */
const TRIES_FROM_ANY_PORT = 3;

/** The results of all tries; undefined: one was answered. */
async function findFault(
  planned: PlannedArm,
  endpoint: Endpoint,
  probe: Probe,
  leavesNothing: boolean,
): Promise<string | undefined> {
  const source = sourceFor(planned, endpoint);
  const ports = planned.ports ?? [];
  const answers = await askAgain(
    (nth, signal) => {
      const range = nth > TRIES_FROM_ANY_PORT ? ports.at(-1) : undefined;
      return probe(endpoint.address, endpoint.port, {
        signal,
        ...(source === undefined ? {} : { source }),
        ...(leavesNothing && { reset: true as const }),
        ...(range === undefined ? {} : { sourcePort: Math.max(range.from, range.to - nth) }),
      });
    },
    ({ answer }) => answer === 'connected',
  );
  return answers.some(({ answer }) => answer === 'connected') ? undefined : formatAnswers(answers);
}

/** The address of the endpoint's family; undefined: the system chooses. */
function sourceFor({ sources }: PlannedArm, { family }: Endpoint): string | undefined {
  return sources.find((address) => isIP(address) === family);
}

/** "refused 5 times", "silent 3 times, refused 2 times", "unreachable 5 times: EADDRNOTAVAIL". */
function formatAnswers(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { answer } of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  const codes = new Set(
    answers.flatMap(({ answer, code }) => (answer === 'unreachable' && code ? [code] : [])),
  );
  const why = codes.size === 0 ? '' : `: ${[...codes].join(', ')}`;
  return `${[...counts].map(([answer, count]) => `${answer} ${count} times`).join(', ')}${why}`;
}

function unreachable(
  { name, via, source }: Arm,
  dead: readonly string[],
  { localDrops = 0, conntrackDrops = 0 }: LocalDrops,
): EnvironmentError {
  if (conntrackDrops > 0)
    return ownFault(
      name,
      dead,
      `${conntrackDrops} packets because its conntrack table is full`,
      'raise net.netfilter.nf_conntrack_max, or flush the table: conntrack -F',
    );
  if (localDrops > 0)
    return ownFault(
      name,
      dead,
      `${localDrops} of the segments that it retransmitted`,
      'check its own rules and queues: nft list ruleset, tc -s qdisc',
    );
  const isProxy = goesThroughProxy(via);
  if (source?.emulate === true) {
    return new EnvironmentError(
      `arm ${name}: the ${isProxy ? 'proxy' : 'target'} does not answer the emulated addresses: ${dead.join(', ')}`,
      {
        hint: 'check that it is up, and that it and every router on the path have a route back to these addresses over this link',
      },
    );
  }
  const flag = isProxy ? '--proxy HOST:PORT' : '--target URL';
  return new EnvironmentError(
    `arm ${name}: the ${isProxy ? 'proxy' : 'target'} does not answer: ${dead.join(', ')}`,
    { hint: `start it, or choose another with ${flag}; "rushhour doctor" checks the path to it` },
  );
}

function ownFault(name: string, dead: readonly string[], dropped: string, hint: string): EnvironmentError {
  return new EnvironmentError(
    `arm ${name}: nothing answers, and this machine itself dropped ${dropped}: ${dead.join(', ')}`,
    { hint },
  );
}
