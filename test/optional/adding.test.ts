import { expect, it } from 'vitest';
import { wordAdding } from '../../src/optional.ts';

const PLAIN = { names: ['pac-resolver', 'quickjs-wasi'] };
const COMPILED = { names: ['kerberos'], compiledWith: ['g++', 'libkrb5-dev'] };

it('a checkout gets its optional packages in its own folder', () => {
  expect(wordAdding(PLAIN, '/opt/rushhour')).toBe('in /opt/rushhour: npm install --include=optional');
  expect(wordAdding(COMPILED, '/opt/rushhour')).toBe(
    'apt-get install g++ libkrb5-dev, then in /opt/rushhour: npm install --include=optional && npm rebuild kerberos',
  );
});

it('one that npm installed gets no compiler of TypeScript with them', () => {
  const root = '/usr/local/lib/node_modules/rushhour';
  expect(wordAdding(PLAIN, root)).toBe(`in ${root}: npm install --omit=dev --include=optional`);
});

it('the Debian package stays as dpkg put it', () => {
  expect(wordAdding(PLAIN, '/usr/lib/rushhour')).toBe(
    'apt-get install npm, then: npm install --global --prefix /usr pac-resolver quickjs-wasi',
  );
  expect(wordAdding(COMPILED, '/usr/lib/rushhour')).toBe(
    'apt-get install npm g++ libkrb5-dev, then: npm install --global --prefix /usr kerberos',
  );
});

it('says where this installation is', () => {
  expect(wordAdding(PLAIN)).toBe(`in ${process.cwd()}: npm install --include=optional`);
});
