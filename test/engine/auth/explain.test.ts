import { describe, expect, it } from 'vitest';
import { judgeKerberos } from '../../../src/doctor/judge-kerberos.ts';
import { explainFault } from '../../../src/engine/auth/explain.ts';

const ANYBODY = { kind: 'ticket-cache', name: '' } as const;
const explain = (host: string) =>
  explainFault(
    'unknown-service',
    `Server HTTP/${host}@A.TEST not found in Kerberos database`,
    ANYBODY,
    'HTTP@proxy.example',
  );

describe('a service that the KDC does not know', () => {
  it.each([
    'proxy.example',
    'PROXY.example',
    'proxy.example.',
  ])('is to be named otherwise: asked for %s', (host) => {
    const { what, mend } = explain(host);
    expect(what).toContain('the KDC knows no service HTTP@proxy.example');
    expect(mend).toContain('auth.service');
    expect(mend).not.toContain('rdns');
  });

  it('is a matter of name lookup where another name was asked for than was given', () => {
    const { what, mend } = explain('node7.example');
    for (const name of ['node7.example', 'HTTP@proxy.example', 'reverse lookup'])
      expect(what).toContain(name);
    expect(mend).toContain('set rdns = false');
    expect(mend).toContain('dns_canonicalize_hostname = false');
  });

  it('is looked for by a line that looks names up as the library did', () => {
    for (const host of ['proxy.example', 'node7.example'])
      expect(explain(host).mend).toContain('kvno -S HTTP proxy.example');
  });

  it('is explained by doctor in the same words', () => {
    const fault = explain('node7.example');
    const [check] = judgeKerberos([{ arm: 'a', service: 'HTTP@proxy.example', principals: 1, fault }]);
    expect(check).toMatchObject({ level: 'fail', what: fault.what, mend: fault.mend });
  });
});
