import { probeEndpoint } from '../doctor/probe.ts';
import type { Endpoint } from '../engine/types.ts';
import { EnvironmentError } from '../errors.ts';
import { goesThroughProxy } from '../scenario/far-end.ts';
import type { Arm } from '../scenario/types.ts';
import type { PlannedArm } from '../worker/protocol.ts';
import { askAgain } from './ask-again.ts';
import { formatEndpoint } from './resolve.ts';

type Probe = typeof probeEndpoint;
type Answer = Awaited<ReturnType<Probe>>;

/**
 * Opens and closes a connection to each distinct endpoint, so that a run against nothing ends before it starts: one, and up to
 * {@link TRIES} where none answers, as the firewall under test may refuse or drop now and then. Arms that expect a refusal are left
 * out. One endpoint of several that does not answer is a warning.
 * @throws EnvironmentError where an arm has no endpoint that answers
 */
export async function checkReachable(
  arms: readonly PlannedArm[],
  warn: (message: string) => void,
  probe: Probe = probeEndpoint,
): Promise<void> {
  const asked = new Map<string, Promise<string | undefined>>();
  const askOnce = (endpoint: Endpoint): Promise<string | undefined> => {
    const key = formatEndpoint(endpoint);
    const fault = asked.get(key) ?? findFault(endpoint, probe);
    asked.set(key, fault);
    return fault;
  };

  for (const { arm, endpoints } of arms) {
    if (arm.expect.kind === 'refused') continue;
    const faults = await Promise.all(endpoints.map(askOnce));
    const dead = endpoints.flatMap((endpoint, index) => {
      const fault = faults[index];
      return fault === undefined ? [] : [`${formatEndpoint(endpoint)} (${fault})`];
    });
    if (dead.length === endpoints.length) throw unreachable(arm, dead);
    for (const endpoint of dead)
      warn(`arm ${arm.name}: ${endpoint} does not answer; its share of the attempts will fail`);
  }
}

/** What became of all tries; undefined: one was answered. */
async function findFault({ address, port }: Endpoint, probe: Probe): Promise<string | undefined> {
  const answers = await askAgain(
    (_nth, signal) => probe(address, port, { signal }),
    ({ answer }) => answer === 'connected',
  );
  return answers.some(({ answer }) => answer === 'connected') ? undefined : wordAnswers(answers);
}

/** "refused 5 times", "silent 3 times, refused 2 times". */
function wordAnswers(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const { answer } of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => `${answer} ${count} times`).join(', ');
}

function unreachable({ name, via }: Arm, dead: readonly string[]): EnvironmentError {
  const isProxy = goesThroughProxy(via);
  const flag = isProxy ? '--proxy HOST:PORT' : '--target URL';
  return new EnvironmentError(
    `arm ${name}: the ${isProxy ? 'proxy' : 'target'} does not answer: ${dead.join(', ')}`,
    { hint: `start it, or name another with ${flag}; "rushhour doctor" checks the way there` },
  );
}
