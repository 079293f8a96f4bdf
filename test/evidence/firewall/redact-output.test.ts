import { describe, expect, it } from 'vitest';
import { redactOutput } from '../../../src/evidence/firewall/redact-output.ts';

/** What must not be found again stands for a secret. */
const SECRET = 'hUnter2secretvalue';

describe('nothing that is a secret is kept', () => {
  it.each([
    `    set psksecret ENC ${SECRET}==`,
    `        set password ENC ${SECRET}`,
    `set passwd "${SECRET}"`,
    `        pre-shared-key ascii-text "$9$${SECRET}"; ## SECRET-DATA`,
    `encrypted-password "$6$${SECRET}";`,
    `set mgt-config users admin phash ${SECRET}`,
    `<phash>${SECRET}</phash>`,
    `<entry name="x"><key>${SECRET}</key></entry>`,
    `enable password ${SECRET} encrypted`,
    `username admin password ${SECRET} pbkdf2 privilege 15`,
    ` key 7 ${SECRET}`,
    `snmp-server community ${SECRET}`,
    `set snmp community ${SECRET} read-only`,
    `set user admin password-hash $1$${SECRET}`,
    `add name=vpn secret=${SECRET} profile=default`,
    `set wpa2-pre-shared-key="${SECRET}" mode=x`,
    `{"results": {"psksecret": "${SECRET}", "timer": 1}}`,
    `[{"community": ["${SECRET}"]}]`,
    `Authorization: Bearer ${SECRET}`,
    `https://admin:${SECRET}@10.0.0.1/api?access_token=${SECRET}`,
    `set private-key "-----BEGIN ENCRYPTED PRIVATE KEY-----\n${SECRET}\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"`,
    `-----BEGIN RSA PRIVATE KEY-----\n${SECRET}\n`,
  ])('%j', (text) => {
    expect(redactOutput(text)).not.toContain(SECRET);
    expect(redactOutput(text)).toContain('[redacted]');
  });

  it('nor what is known to be one, wherever it stands', () => {
    expect(redactOutput('motd: welcome, pupil7', ['pupil7', 'x'])).toBe('motd: welcome, [redacted]');
  });
});

it.each([
  'set tcp-timewait-timer 60',
  'timeout pat-xlate 0:00:30',
  'cpu=0 found=0 invalid=1 insert=0 insert_failed=11 drop=11 early_drop=0',
  'TCP session timeout in TIME_WAIT:                   15 secs',
  'table ip nat {\n\tchain post {\n\t\tmasquerade\n\t}\n}',
])('%j is kept as it is', (text) => {
  expect(redactOutput(text)).toBe(text);
});

it('takes no longer for text that was made to take long', () => {
  const hostile = ['?', 'token', '"', '//', '-----BEGIN A', '$1$', 'password ', 'https://', '\\"', '= '].map(
    (piece) => piece.repeat(200_000),
  );
  expect(hostile.map((text) => redactOutput(text).length).every((length) => length > 0)).toBe(true);
});
