import type { Check, ReachFacts } from './types.ts';

/** Whether each peer's name resolves and its addresses answer. */
export function judgeReach(reach: readonly ReachFacts[]): Check[] {
  return reach.map((facts) => {
    const peer = `${facts.host}:${facts.port}`;
    if (facts.resolveError !== undefined) {
      return {
        name: `peer of ${facts.arm}`,
        level: 'fail',
        what: `${facts.host} does not resolve: ${facts.resolveError}`,
        mend: `getent ahosts ${facts.host}`,
      };
    }
    return facts.refusalExpected ? judgeRefusal(facts, peer) : judgeAnswer(facts, peer);
  });
}

function judgeAnswer({ arm, endpoints, host, port }: ReachFacts, peer: string): Check {
  const name = `peer of ${arm}`;
  const dead = endpoints.filter(({ answer }) => answer !== 'connected');
  const fastestMs =
    Math.min(...endpoints.filter(({ answer }) => answer === 'connected').map(({ us }) => us)) / 1_000;
  if (dead.length === 0) {
    const many = endpoints.length > 1 ? ` on all ${endpoints.length} addresses` : '';
    return { name, level: 'ok', what: `${peer} answers${many}, in ${fastestMs.toFixed(1)} ms` };
  }
  const list = dead.map(({ address, answer }) => `${address} (${answer})`).join(', ');
  const all = dead.length === endpoints.length;
  return {
    name,
    level: all ? 'fail' : 'warn',
    what: all ? `${peer} does not answer: ${list}` : `${peer} answers, but not on every address: ${list}`,
    ...(all ? {} : { why: 'Attempts use all addresses in turn: those to the silent ones will fail.' }),
    mend: `check that it listens and that this machine has a route to it: curl -v telnet://${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}

function judgeRefusal({ arm, endpoints }: ReachFacts, peer: string): Check {
  const name = `peer of ${arm}`;
  const connected = endpoints.filter(({ answer }) => answer === 'connected');
  if (connected.length === 0) {
    const [first] = endpoints;
    return {
      name,
      level: 'ok',
      what: `${peer} refuses, as the arm expects (${first?.answer ?? 'no address'})`,
    };
  }
  return {
    name,
    level: 'warn',
    what: `${peer} accepts a connection, although the arm expects a refusal`,
    why: 'Either the port is open after all, or a device on the path answers for it.',
  };
}
