import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSystemCertificates } from '../../../src/session/load/system-certificates.ts';

const dir = mkdtempSync(join(tmpdir(), 'rushhour-certificates-'));
afterAll(() => rmSync(dir, { recursive: true }));

function pem(name: string, body = name): string {
  const file = join(dir, name);
  writeFileSync(file, `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
  return file;
}

describe('the certificates that the system trusts', () => {
  const second = pem('second');
  const named = pem('named');
  const extra = pem('extra');
  const empty = join(dir, 'empty');
  writeFileSync(empty, '');

  it('are those of the first bundle that holds any', async () => {
    const found = await readSystemCertificates({}, [join(dir, 'none'), empty, second, named]);
    expect(found).toContain('second');
    expect(found).not.toContain('named');
  });

  it('are those of SSL_CERT_FILE alone where it is set, with NODE_EXTRA_CA_CERTS beside them', async () => {
    const env = { SSL_CERT_FILE: named, NODE_EXTRA_CA_CERTS: extra };
    const found = await readSystemCertificates(env, [second]);
    expect(found).toContain('named');
    expect(found).toContain('extra');
    expect(found).not.toContain('second');
  });

  it('are left to Node where there is no bundle', async () => {
    expect(await readSystemCertificates({}, [join(dir, 'none')])).toBeUndefined();
    expect(await readSystemCertificates({ SSL_CERT_FILE: empty }, [second])).toBeUndefined();
  });
});
