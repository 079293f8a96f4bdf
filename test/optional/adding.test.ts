import { expect, it } from 'vitest';
import { formatAdding } from '../../src/optional.ts';

const PLAIN = { names: ['pac-resolver', 'quickjs-wasi'] };
const COMPILED = { names: ['kerberos'], compiledWith: ['g++', 'libkrb5-dev'] };

it('a checkout gets its optional packages in its own folder', () => {
  expect(formatAdding(PLAIN, '/opt/rushhour')).toBe('in /opt/rushhour: npm install --include=optional');
  expect(formatAdding(COMPILED, '/opt/rushhour')).toBe(
    'apt-get install g++ libkrb5-dev, then in /opt/rushhour: npm install --include=optional && npm rebuild kerberos',
  );
});

it('one that npm installed gets no compiler of TypeScript with them', () => {
  const root = '/usr/local/lib/node_modules/rushhour';
  expect(formatAdding(PLAIN, root)).toBe(`in ${root}: npm install --omit=dev --include=optional`);
});

it('the Debian package stays as dpkg put it', () => {
  expect(formatAdding(PLAIN, '/usr/lib/rushhour')).toBe(
    'apt-get install npm, then: npm install --global --prefix /usr pac-resolver quickjs-wasi',
  );
  expect(formatAdding(COMPILED, '/usr/lib/rushhour')).toBe(
    'apt-get install npm g++ libkrb5-dev, then: npm install --global --prefix /usr kerberos',
  );
});

it('says where this installation is', () => {
  expect(formatAdding(PLAIN)).toBe(`in ${process.cwd()}: npm install --include=optional`);
});
