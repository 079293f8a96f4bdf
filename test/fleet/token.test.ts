import { nkeys } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { type EnrolmentToken, formatToken, readToken } from '../../src/fleet/enrolment.ts';

const body = Buffer.alloc(300, 'c').toString('base64').replace(/.{64}/g, '$&\n');
const TOKEN: EnrolmentToken = {
  probe: 'leeds-2',
  servers: ['tls://fleet.example:4222', 'wss://fleet.example:443'],
  seed: new TextDecoder().decode(nkeys.createUser().getSeed()),
  ca: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`,
};
const text = formatToken(TOKEN);

const said = (given: string): string => {
  try {
    readToken(given);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    const { message, hint } = error as UsageError;
    expect(message + hint).not.toContain(TOKEN.seed.slice(0, 20));
    return message;
  }
  return '';
};

it('is read as it was written', () => {
  expect(readToken(`  ${text}\n`)).toEqual(TOKEN);
});

it('says how much of it is there if it was cut short, wherever that is', () => {
  for (let chars = 23; chars < text.length; chars += 1)
    expect(said(text.slice(0, chars))).toBe(
      `this token is incomplete: it has ${chars} of ${text.length} characters`,
    );
  for (let chars = 0; chars < 23; chars += 1)
    expect(said(text.slice(0, chars))).toBe(
      'that is not a token of "rushhour fleet enroll", or not all of it',
    );
});

it('says that it has more than it should, or was changed', () => {
  expect(said(`${text}.x`)).toBe(
    `this token is too long: it has ${text.length + 2} characters instead of ${text.length}`,
  );
  for (let at = 24; at < text.length; at += 7) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    expect(said(changed)).toMatch(/^this token was changed on the way/);
  }
  expect(said('rushhour2.leeds-1')).toMatch(/^that is not a token/);
});
