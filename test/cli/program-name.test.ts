import { expect, it } from 'vitest';
import { asTyped, nameOfProgram } from '../../src/cli/program-name.ts';

const PATH = '/usr/local/bin:/usr/bin::bin2';

it.each([
  ['/usr/bin/rushhour', '/home/me', 'rushhour'],
  ['/home/me/bin2/rushhour', '/home/me', 'rushhour'],
  ['/home/me/clone/bin/rushhour', '/home/me/clone', 'bin/rushhour'],
  ['/home/me/clone/bin/rushhour', '/home/me/clone/bin', './rushhour'],
  ['/home/me/clone/bin/rushhour', '/home/me/fleet', '/home/me/clone/bin/rushhour'],
  ['/home/me/my clone/bin/rushhour', '/home/me', "'my clone/bin/rushhour'"],
  ['/home/me/clone/dist/cli/main.js', '/home/me/clone', 'rushhour'],
  ['', '/home/me', 'rushhour'],
])('of %s in %s, what is typed is %s', (started, cwd, typed) => {
  expect(nameOfProgram(started, cwd, PATH)).toBe(typed);
});

it('stands in command lines that a message quotes, and nowhere else', () => {
  const message =
    'rushhour: no probe\n  "rushhour fleet ls", rushhour probe --enroll -, "rushhour --version"; /opt/rushhour run, rushhour runs, rushhour is\n';
  expect(asTyped(message, 'rushhour')).toBe(message);
  expect(asTyped(message, 'bin/rushhour')).toBe(
    'rushhour: no probe\n  "bin/rushhour fleet ls", bin/rushhour probe --enroll -, "bin/rushhour --version"; /opt/rushhour run, rushhour runs, rushhour is\n',
  );
});
