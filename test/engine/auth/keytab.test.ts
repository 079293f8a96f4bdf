import { describe, expect, it } from 'vitest';
import { listKeytabPrincipals } from '../../../src/engine/auth/keytab.ts';

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const i32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.concat([u16(value.length), Buffer.from(value)]);

function entry(realm: string, ...components: string[]): Buffer {
  const body = Buffer.concat([
    ...[u16(components.length), text(realm), ...components.map(text)],
    ...[i32(1), i32(0), Buffer.from([2]), u16(18), text('k'.repeat(32))],
  ]);
  return Buffer.concat([i32(body.length), body]);
}

const HEADER = Buffer.from([5, 2]);

describe('a keytab', () => {
  it('names each principal once, in the order of its entries', () => {
    const keytab = Buffer.concat([
      ...[HEADER, entry('EXAMPLE.ORG', 'pupil1'), entry('EXAMPLE.ORG', 'pupil1')],
      entry('EXAMPLE.ORG', 'HTTP', 'proxy.example'),
    ]);
    expect(listKeytabPrincipals(keytab)).toEqual(['pupil1@EXAMPLE.ORG', 'HTTP/proxy.example@EXAMPLE.ORG']);
  });

  it('steps over holes that removed entries have left', () => {
    const hole = Buffer.concat([i32(-10), Buffer.alloc(10)]);
    const keytab = Buffer.concat([HEADER, hole, entry('EXAMPLE.ORG', 'pupil1'), i32(0), Buffer.alloc(3)]);
    expect(listKeytabPrincipals(keytab)).toEqual(['pupil1@EXAMPLE.ORG']);
  });

  it('escapes as Kerberos does', () => {
    expect(listKeytabPrincipals(Buffer.concat([HEADER, entry('R', 'a@b/c')]))).toEqual(['a\\@b\\/c@R']);
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'it is not a keytab'],
    ['text', Buffer.from('no keytab'), 'it is not a keytab'],
    ['half an entry', Buffer.concat([HEADER, i32(40), u16(1), u16(9)]), 'one of its entries is cut off'],
  ])('%s is none', (_, bytes, message) => {
    expect(() => listKeytabPrincipals(bytes)).toThrow(message);
  });
});
