import type { EnvironmentError } from '../errors.ts';
import { FAR_END_THREADS, startFarEnd } from '../lab/far-end/start.ts';
import { withFarEnd } from '../scenario/far-end.ts';
import type { Arm, Scenario } from '../scenario/types.ts';
import { checkThreadRoom } from './load/thread-room.ts';
import type { Undo } from './undo.ts';

/**
 * Starts what a scenario with `farEnd: embedded` connects to and points its arms there: one far end, and a second one
 * that requires credentials if any arm has them, because a proxy challenges everybody. Returns any other scenario
 * unchanged.
 * @param undo receives the functions that end them
 * @param onLost called if one ends unexpectedly
 */
export async function provideFarEnd(
  scenario: Scenario,
  undo: Undo,
  onLost: (why: EnvironmentError) => void,
): Promise<Scenario> {
  if (scenario.farEnd === 'none') return scenario;
  const pointed = new Map<string, Arm>();
  for (const asksForBasic of [false, true]) {
    const arms = scenario.arms.filter(({ auth }) => (auth?.to === 'proxy') === asksForBasic);
    if (arms.length === 0) continue;
    checkThreadRoom('the embedded far end', FAR_END_THREADS);
    const farEnd = await startFarEnd({
      asksForBasic,
      // A browser keeps its connections; every other arm wants the far end to close first.
      keepAlive: arms.some(({ load }) => load.kind === 'browsers'),
      tls: arms.some(({ target }) => target.scheme === 'https'),
    });
    undo.push(() => farEnd.stop());
    farEnd.onLost(onLost);
    for (const arm of withFarEnd({ ...scenario, arms }, farEnd).arms) pointed.set(arm.name, arm);
  }
  return { ...scenario, arms: scenario.arms.map((arm) => pointed.get(arm.name) ?? arm) };
}
