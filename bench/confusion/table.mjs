/** What may become of a cell, in the order of the columns. */
const COLUMNS = [
  ['right', 'named right'],
  ['rival', 'cannot tell, the true cause among the rivals'],
  ['no-rival', 'cannot tell, without it'],
  ['wrong', 'named wrongly'],
  ['healthy', 'called healthy'],
  ['unshown', 'called healthy, and nothing had been sent again'],
  ['none', 'no verdict'],
];

const PAIR = 'two at once';

/**
 * A table in Markdown: each preset, all pairs together, and all in all.
 *
 * @param {readonly import('./types.d.mts').Entry[]} entries of one side, one session
 */
export function renderTable(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const isPair = entry.label.includes('+');
    const name = isPair ? PAIR : entry.label;
    const group = groups.get(name) ?? { name, causes: new Set(), entries: [] };
    for (const cause of isPair ? [] : entry.causes) group.causes.add(cause);
    if (!isPair && entry.causes.length === 0) group.causes.add('none');
    group.entries.push(entry);
    groups.set(name, group);
  }
  const rows = [...groups.values()]
    .sort((a, b) => Number(a.name === PAIR) - Number(b.name === PAIR) || a.name.localeCompare(b.name))
    .map(({ name, causes, entries: own }) =>
      row(name === PAIR ? nameOfPairs(own) : `\`${name}\``, [...causes].join(', '), own),
    );
  const head = ['preset', 'cause', 'cells', ...COLUMNS.map(([, title]) => title)];
  return [
    `| ${head.join(' | ')} |`,
    `|---|---|${'---:|'.repeat(COLUMNS.length + 1)}`,
    ...rows,
    row('all', '', entries),
  ].join('\n');
}

function nameOfPairs(entries) {
  return `two at once (${new Set(entries.map(({ label }) => label)).size} pairs)`;
}

function row(name, causes, entries) {
  const counts = COLUMNS.map(([kind]) => entries.filter((entry) => entry.class === kind).length || '');
  return `| ${[name, causes, entries.length, ...counts].join(' | ')} |`;
}

/**
 * The whole report, which goes into docs/diagnosis.md as well.
 *
 * @param {readonly import('./types.d.mts').Entry[]} entries
 * @param {readonly import('./targets.d.mts').Target[]} targets
 * @param {import('./types.d.mts').Version} version
 */
export function renderReport(entries, targets, { commit, rules }) {
  const parts = [`${describeExtent(entries)} Commit ${commit}, rules ${rules}.`];
  for (const [sides, title] of [
    ['both', 'With near and far evidence'],
    ['near', 'With evidence of the near side alone'],
  ]) {
    const own = entries.filter((entry) => entry.sides === sides && entry.busy === 0);
    if (own.length > 0) parts.push(`${title}:`, renderTable(own));
  }
  const busy = entries.filter((entry) => entry.busy > 0);
  if (busy.length > 0)
    parts.push(`Beside ${Math.max(...busy.map((entry) => entry.busy))} busy processes:`, renderTable(busy));
  parts.push(targets.map(({ text, isMet }) => `- ${isMet ? 'met' : '**missed**'}: ${text}`).join('\n'));
  const wrong = entries.filter((entry) => entry.class === 'wrong');
  if (wrong.length > 0)
    parts.push(
      [
        'Named wrongly:',
        ...wrong.map((entry) => `- \`${entry.argument}\` (${entry.sides}): ${entry.named?.join(', ')}`),
      ].join('\n'),
    );
  return parts.join('\n\n');
}

function describeExtent(entries) {
  const labels = new Set(entries.map(({ label }) => label));
  const pairs = [...labels].filter((label) => label.includes('+')).length;
  const seedsOf = (wants) => {
    const counts = new Map();
    for (const { label, sides, busy, seed } of entries)
      if (busy === 0 && label.includes('+') === wants) {
        const key = `${label} ${sides}`;
        counts.set(key, (counts.get(key) ?? new Set()).add(seed));
      }
    const sizes = [...counts.values()].map(({ size }) => size);
    if (sizes.length === 0) return 'none';
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    return least === most ? `${most} seeds each` : `${least} to ${most} seeds each`;
  };
  const sessions = [...new Set(entries.map(({ session }) => session))].join(' and ');
  return `${entries.length} cells (${sessions} session): ${labels.size - pairs} presets with ${seedsOf(false)}, ${pairs} pairs${pairs === 0 ? '' : ` with ${seedsOf(true)}`}.`;
}
