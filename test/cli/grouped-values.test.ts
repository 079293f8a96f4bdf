import { expect, it } from 'vitest';
import { groupValues } from '../../src/cli/flags/grouped-values.ts';

it.each<[string, string[], string[], string[][]]>([
  ['once', ['run', '--far', 'a'], ['a'], [['a']]],
  ['once, with several', ['run', '--far', 'a', 'b', '--json'], ['a', 'b'], [['a', 'b']]],
  ['twice', ['--far', 'a', 'b', '--json', '--far', 'c'], ['a', 'b', 'c'], [['a', 'b'], ['c']]],
  ['with an equals sign', ['--far=a', 'run', '--far=b'], ['a', 'b'], [['a'], ['b']]],
  ['the same twice', ['--far', 'a', '--far', 'a'], ['a', 'a'], [['a'], ['a']]],
  ['like the argument before it', ['a', '--far', 'a'], ['a'], [['a']]],
  ['like an argument behind it', ['--far=a', 'b', '--far', 'b'], ['a', 'b'], [['a'], ['b']]],
])('groups the values of an option that was given %s', (_, args, values, groups) => {
  expect(groupValues(args, '--far', values)).toEqual(groups);
});
