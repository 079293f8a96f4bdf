/** One whole `fleet run` that things befall, and whatever it takes to have all of it afterwards. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOver, until } from './site.mjs';

/** All that is awaited is here by then, or never; milliseconds. */
const RECEIVED_WITHIN_MS = 180_000;

/**
 * @param site
 * @param faults as drawn
 * @returns the run's id, what became of each fault, and the last answer of `fleet run` or `fleet pull`
 */
export async function befall(site, faults, say = () => {}) {
  await site.countAtFarSide();
  const operator = site.operate(['fleet', 'run', 'web.yaml', '--target', site.target, '--json']);
  const orderedId = () => /(\S+): ordered from/.exec(operator.said.err)?.[1];
  await until(() => isOver(operator) || orderedId() !== undefined);
  const id = orderedId();
  if (id === undefined) throw new Error(`fleet run: ${operator.said.err}`);
  const beganMs = performance.now();
  /** Faults of one thing come one after the other. */
  const turns = new Map();
  const done = faults.map(async (fault) => {
    await sleep(Math.max(0, fault.atSec * 1_000 - (performance.now() - beganMs)));
    const which = concerns(fault);
    const turn = (turns.get(which) ?? Promise.resolve()).then(() =>
      ACTS[fault.kind](site, fault, { id, operator }),
    );
    turns.set(
      which,
      turn.catch(() => {}),
    );
    const effect = await turn;
    say(
      `  ${fault.kind} ${fault.probe} at ${fault.atSec.toFixed(1)} s${effect === undefined ? '' : `: ${effect}`}`,
    );
    return { ...fault, ...(effect !== undefined && { effect }) };
  });
  const befallen = await Promise.all(done);
  if (!isOver(operator)) await withinTime(once(operator, 'close'), operator);
  let last = { code: operator.exitCode, ...operator.said };
  let pulls = 0;
  // An operator that was killed, or has given the server up, receives the rest.
  while (!isWhole(last) && pulls < 2) {
    pulls += 1;
    const pulling = site.operate(['fleet', 'pull', id, '--json']);
    await withinTime(once(pulling, 'close'), pulling);
    last = { code: pulling.exitCode, ...pulling.said };
  }
  return { id, faults: befallen, pulls, last, ranOut: operator.said.err };
}

function concerns({ kind, probe }) {
  if (kind === 'kill-server' || kind === 'kill-launcher') return 'server';
  if (kind === 'kill-operator') return 'operator';
  return kind === 'kill-probe' ? probe : `${kind} ${probe}`;
}

async function lasting({ lastsSec }, end) {
  await sleep(lastsSec * 1_000);
  await end();
}

const ACTS = {
  'kill-probe': async (site, fault) => {
    await site.killProbe(fault.probe);
    await lasting(fault, () => site.startProbe(fault.probe));
  },
  'kill-server': async (site, fault) => {
    await site.killServer('server');
    await lasting(fault, () => site.startServer());
  },
  'kill-launcher': async (site, fault) => {
    await site.killServer('launcher');
    await lasting(fault, () => site.startServer());
  },
  'kill-operator': async (_site, _fault, { operator }) => {
    if (isOver(operator)) return 'it was over';
    const closed = once(operator, 'close');
    operator.kill('SIGKILL');
    await closed;
    return undefined;
  },
  cut: async (site, fault) => {
    await site.beset('cut', fault.probe, true);
    await lasting(fault, () => site.beset('cut', fault.probe, false));
  },
  loss: async (site, fault) => {
    await site.beset('lossy', fault.probe, true);
    await lasting(fault, () => site.beset('lossy', fault.probe, false));
  },
  forget: (site, { probe }) => site.forget(probe),
  repeat: async (site, { probe, random }, { id }) => `${await site.repeat(id, probe, random)} messages`,
};

/** What a command printed, if it got so far. */
function isWhole({ out }) {
  try {
    JSON.parse(out);
    return true;
  } catch {
    return false;
  }
}

async function withinTime(closed, child) {
  const timer = setTimeout(() => child.kill('SIGKILL'), RECEIVED_WITHIN_MS);
  await closed;
  clearTimeout(timer);
}
