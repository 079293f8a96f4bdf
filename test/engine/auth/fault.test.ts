import { describe, expect, it } from 'vitest';
import { readGssMessage } from '../../../src/engine/auth/fault.ts';

const FAILURE = 'Unspecified GSS failure.  Minor code may provide more information: ';
const NONE = 'No credentials were supplied, or the credentials were unavailable or inaccessible: ';

describe('what Kerberos says', () => {
  it.each([
    [`${NONE}No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)`, 'no-ticket'],
    [`${NONE}No Kerberos credentials available: No KCM server found`, 'no-ticket'],
    [`${FAILURE}Ticket expired`, 'ticket-expired'],
    ['The referenced credentials have expired: Success', 'ticket-expired'],
    [`${FAILURE}Clock skew too great`, 'clock-skew'],
    [`${NONE}Clock skew too great in KDC reply`, 'clock-skew'],
    [`${FAILURE}Ticket not yet valid`, 'clock-skew'],
    [`${FAILURE}Server HTTP/other.test@A.TEST not found in Kerberos database`, 'unknown-service'],
    [`${FAILURE}Server krbtgt/FAR.TEST@A.TEST not found in Kerberos database`, 'wrong-realm'],
    [`${NONE}Cannot find KDC for realm "WRONG.TEST"`, 'wrong-realm'],
    [`${NONE}Client 'gone@A.TEST' not found in Kerberos database`, 'unknown-principal'],
    [`${NONE}Can't find client principal pupil1@A.TEST in cache collection`, 'unknown-principal'],
    [`${NONE}Client's credentials have been revoked`, 'unknown-principal'],
    [`${NONE}Decrypt integrity check failed`, 'stale-key'],
    [`${NONE}Preauthentication failed`, 'stale-key'],
    [`${FAILURE}Cannot contact any KDC for realm 'A.TEST'`, 'kdc-unreachable'],
    [`${NONE}unable to reach any KDC in realm A.TEST, tried 1 KDC`, 'kdc-unreachable'],
    [`${FAILURE}Something unheard of`, 'kerberos-failure'],
    [`${NONE}Something unheard of`, 'no-ticket'],
  ])('%s: %s', (message, kind) => {
    expect(readGssMessage(message).kind).toBe(kind);
  });

  it('keeps the part that tells', () => {
    expect(readGssMessage(`${FAILURE}Ticket expired`).message).toBe('Ticket expired');
  });
});
