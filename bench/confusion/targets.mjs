const BOTH_RIGHT = 0.95;
const NEAR_RIGHT = 0.8;
const HEALTHY = 200;
const ATTEMPTS = 0.5;

/**
 * The targets, and how far they are met. One without any cell is neither.
 *
 * @param {readonly import('./types.d.mts').Entry[]} entries of one session
 * @param {readonly import('./types.d.mts').Entry[]} exhaustive the same cells with every kind of arm, as far as they were tried
 * @returns {import('./targets.d.mts').Target[]}
 */
export function checkTargets(entries, exhaustive = []) {
  const calm = entries.filter(({ busy }) => busy === 0);
  const isIll = (entry) => entry.causes.length > 0 && entry.class !== 'unshown';
  const ill = (sides) => calm.filter((entry) => entry.sides === sides && isIll(entry));
  const healthy = calm.filter(({ causes }) => causes.length === 0);
  const [both, near] = [ill('both'), ill('near')];
  const missed = near.filter((entry) => entry.class !== 'right' && entry.class !== 'rival');
  const wrong = entries.filter((entry) => entry.class === 'wrong' && entry.causes.length > 0);
  const calledIll = healthy.filter((entry) => entry.class !== 'right' && entry.class !== 'none');
  const busy = entries.filter((entry) => entry.busy > 0);
  const busyWrong = busy.filter((entry) => entry.class === 'wrong');
  return [
    ...share('near and far evidence: named right', both, BOTH_RIGHT),
    ...share('near side alone: named right', near, NEAR_RIGHT),
    ...none(
      'near side alone: neither right nor "cannot tell" with the true cause among the rivals',
      missed,
      near,
    ),
    ...none(
      'named wrongly',
      wrong,
      entries.filter(({ causes }) => causes.length > 0),
    ),
    ...none('healthy called ill', calledIll, healthy, HEALTHY),
    ...none('named wrongly beside busy processes', busyWrong, busy),
    ...attempts(calm, exhaustive),
  ];
}

function share(what, of, least) {
  if (of.length === 0) return [];
  const right = of.filter((entry) => entry.class === 'right').length;
  const text = `${what} ${right} of ${of.length} (${percent(right / of.length)}; wanted ${percent(least)} or more)`;
  return [{ isMet: right >= of.length * least, text }];
}

/** What a choice of arms saves: of each cell that was tried both ways, then the median. */
function attempts(chosen, exhaustive) {
  const all = new Map(exhaustive.map((entry) => [`${entry.id} ${entry.argument} ${entry.sides}`, entry]));
  const shares = chosen
    .flatMap((entry) => {
      const most = all.get(`${entry.id} ${entry.argument} ${entry.sides}`)?.attempts ?? 0;
      return most > 0 && entry.attempts !== undefined ? [entry.attempts / most] : [];
    })
    .sort((a, b) => a - b);
  if (shares.length === 0) return [];
  const median = shares[Math.floor((shares.length - 1) / 2)];
  const text = `attempts, of those of every kind of arm: ${percent(median)} in the median of ${shares.length} cells (wanted ${percent(ATTEMPTS)} or fewer)`;
  return [{ isMet: median <= ATTEMPTS, text }];
}

function none(what, found, of, planned) {
  if (of.length === 0) return [];
  const wanted = planned === undefined ? '' : ` (wanted: 0 of ${planned})`;
  return [{ isMet: found.length === 0, text: `${what}: ${found.length} of ${of.length}${wanted}` }];
}

function percent(value) {
  return `${Math.round(value * 1_000) / 10} %`;
}
