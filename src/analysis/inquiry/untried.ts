import type { Means, StageId, Untried } from './types.ts';

const ASKS: Readonly<Record<StageId, string>> = {
  baseline: 'whether anything is ill',
  breadth: 'how many connections can be open at once',
  together: 'how the others fare at the same time',
  steps: 'how much gets through at other rates',
  cycle: 'whether the same number fits at every rate',
  ages: 'at which ages of a source port it stalls',
  packets: 'whether another MSS or DSCP makes a difference',
  clients: 'whether SYNs of other clients fare alike',
  idle: 'how long idle connections live',
};

/**
 * What stays undecided here, and what it would need.
 * @param lacking stages that would have been run next, and why they were not
 */
export function listUntried(means: Means, lacking: ReadonlyMap<StageId, string>): Untried[] {
  const { sources, endpoints, choosesPackets, imitates, captures, spec } = means;
  const untried = [...lacking].map(([id, needs]) => ({ text: ASKS[id], needs }));
  const add = (is: boolean, text: string, needs: string): void => {
    if (is && !untried.some((one) => one.needs === needs)) untried.push({ text, needs });
  };
  add(
    !choosesPackets,
    'whether source ports in use again, another MSS or DSCP make a difference',
    'Linux, with the raw engine (npm package koffi)',
  );
  add(sources.length < 2, 'whether it depends on the source address', 'a second address on this machine');
  add(
    endpoints < 2,
    'whether another proxy or address fares alike',
    'several proxies (--pac with spread: true), or a name with several addresses',
  );
  add(
    spec.otherPort === undefined,
    'how a port fares on which another service answers',
    '--set adaptive.otherPort=PORT',
  );
  add(!captures, 'what answered the SYNs', 'root, or CAP_NET_RAW');
  add(imitates.needs !== undefined, ASKS.clients, imitates.needs ?? '');
  return untried;
}
