import { parseArgs } from 'node:util';
import { ROWS } from './rows.mjs';

export const USAGE = `Usage: node bench/browsers/main.mjs [options]

Drives real browsers, headless and each time with a new profile, against a proxy that notes everything and against Squid, in
a network namespace of its own, and says what they do on the wire. Needs Linux, root, and Debian's packages chromium,
firefox-esr, squid, krb5-kdc, krb5-admin-server, krb5-user, tcpdump, nftables, iproute2, openssl.

  --browser NAME,...  chromium, firefox, or rushhour or rushhour-firefox: the browser arm with the profile of
                      either, once built (default: the first two)
  --rows NAME,...     these rows; a name that ends in "*" stands for all that begin so (default: all but the long ones)
  --long              the rows that take minutes too
  --runs N            times that each row is run (default: 5; slow rows 3 at most)
  --minutes N         start no row after so many minutes
  --journal FILE      a line of JSON for each run; what it has is not run again (default: results/browsers.jsonl)
  --table             run nothing
  --json              print figures instead of a table
  --write             put the figures into test/e2e/browsers/measured.json and the table into docs/browsers.md; rows that
                      the same version has there and the journal lacks stay
  --list              say which rows there are
  --help

Exit codes: 0 measured; 1 a row could not be; 2 wrong options; 5 not root, or a program is missing.
`;

const OPTIONS = {
  browser: { type: 'string', default: 'chromium,firefox' },
  rows: { type: 'string' },
  long: { type: 'boolean', default: false },
  runs: { type: 'string', default: '5' },
  minutes: { type: 'string', default: '1000' },
  journal: { type: 'string', default: 'results/browsers.jsonl' },
  table: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

/** @throws {Error} in words for users, if an option is unknown or out of range */
export function readOptions(argv, browsers) {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true });
  const number = (name, most) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new Error(`--${name} ${values[name]}: a whole number from 1 to ${most} is wanted.`);
  };
  const [runs, minutes] = [number('runs', 100), number('minutes', 1_000)];
  const names = values.browser.split(',');
  const unknown = names.find((name) => browsers[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`--browser ${unknown}: it is one of ${Object.keys(browsers).join(', ')}.`);
  return {
    ...values,
    runs,
    minutes,
    browsers: names.map((name) => browsers[name]),
    rows: chooseRows(values),
  };
}

function chooseRows({ rows, long }) {
  if (rows === undefined) return ROWS.filter(({ isLong }) => long || !isLong);
  const matchers = rows.split(',').map((name) => {
    const matches = (id) => (name.endsWith('*') ? id.startsWith(name.slice(0, -1)) : id === name);
    if (!ROWS.some(({ id }) => matches(id))) throw new Error(`--rows ${name}: there is no such row.`);
    return matches;
  });
  return ROWS.filter(({ id }) => matchers.some((matches) => matches(id)));
}
