import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeKerberos } from '../../src/doctor/judge-kerberos.ts';
import { probeKerberos } from '../../src/doctor/kerberos.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { Kdc } from '../peers/kdc.ts';
import { scenarioOf } from '../scenario/support.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const scenario = (auth: string): Scenario =>
  scenarioOf(
    `  sso: { proxy: "proxy.rushhour.test:3128", load: { concurrency: 1, attempts: 1 }, auth: { scheme: negotiate, ${auth} } }`,
  );

describe('what doctor says of tickets', () => {
  const arm = { arm: 'sso', service: 'HTTP@proxy.example', principals: 1 };

  it('that they are there, and how long they last', () => {
    const ticket = { principal: 'pupil1@EXAMPLE.ORG', expires: '11/21/26 18:00:00' };
    expect(judgeKerberos([{ ...arm, ticket }])).toEqual([
      {
        name: 'tickets of sso',
        level: 'ok',
        what: 'Kerberos issues tokens for HTTP@proxy.example; the ticket of pupil1@EXAMPLE.ORG expires at 11/21/26 18:00:00',
      },
    ]);
    expect(judgeKerberos([{ ...arm, principals: 30 }])[0]?.what).toBe(
      'Kerberos issues tokens for HTTP@proxy.example as 30 principals',
    );
  });

  it('what is wrong, and the command that mends it', () => {
    const fault = { what: 'the Kerberos ticket has expired (Ticket expired)', mend: 'kinit USER@REALM' };
    expect(judgeKerberos([{ ...arm, fault }])).toMatchObject([
      { level: 'fail', what: fault.what, mend: fault.mend },
    ]);
  });
});

suiteNeeding(
  'doctor against a KDC',
  ['linux', 'krb5kdc', 'kadmin.local', 'kinit', 'npm:kerberos', 'klist'],
  () => {
    let kdc: Kdc;
    beforeAll(async () => {
      kdc = await Kdc.start(['HTTP/proxy.rushhour.test', 'pupil1', 'pupil2']);
      Object.assign(process.env, kdc.env);
    });
    afterAll(async () => {
      delete process.env['KRB5_CONFIG'];
      delete process.env['KRB5CCNAME'];
      await kdc.stop();
    });

    it('says kinit and k5start without a ticket, and whose ticket it is with one', async () => {
      const [without] = await probeKerberos(scenario(''));
      expect(without?.fault?.what).toContain('there is no Kerberos ticket');
      expect(without?.fault?.mend).toMatch(/kinit .*k5start/);
      kdc.kinit('pupil1');
      const [found] = await probeKerberos(scenario(''));
      expect(found).toMatchObject({
        service: 'HTTP@proxy.rushhour.test',
        ticket: { principal: `pupil1@${Kdc.realm}` },
      });
      expect(found?.fault).toBeUndefined();
    });

    it('asks as every principal of a keytab', async () => {
      const keytab = kdc.keytab('pupils', ['pupil1', 'pupil2']);
      const principals = `[pupil1@${Kdc.realm}, pupil2@${Kdc.realm}]`;
      const [facts] = await probeKerberos(
        scenario(`credentials: { keytab: ${keytab}, principals: ${principals} }`),
      );
      expect(facts).toEqual({ arm: 'sso', service: 'HTTP@proxy.rushhour.test', principals: 2 });
    });

    it('names a service that the KDC does not know', async () => {
      kdc.kinit('pupil1');
      const [facts] = await probeKerberos(scenario('service: HTTP@other.rushhour.test'));
      expect(facts?.fault?.what).toContain('the KDC knows no service HTTP@other.rushhour.test');
    });
  },
);
