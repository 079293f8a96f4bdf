import { readNamed } from '../../bounded-file.ts';

/**
 * Where systems keep their trusted certificates in one file: Debian, Fedora and RHEL, openSUSE, Alpine and the BSDs.
 */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The certificates that this system trusts, PEM, as used by curl and browsers on it: a filter's own authority is among
 * them once installed. Node by itself trusts only those that it was built with.
 * @param env SSL_CERT_FILE names another bundle, as for OpenSSL; NODE_EXTRA_CA_CERTS adds to it, as for Node
 * @returns undefined if no bundle can be read: Node's own are trusted then
 */
export async function readSystemCertificates(
  env: Readonly<Record<string, string | undefined>>,
  bundles: readonly string[] = BUNDLES,
): Promise<string | undefined> {
  const { SSL_CERT_FILE: named, NODE_EXTRA_CA_CERTS: extra } = env;
  const bundle = await readFirst(named === undefined || named === '' ? bundles : [named]);
  if (bundle === undefined || extra === undefined || extra === '') return bundle;
  return `${bundle}\n${(await readFirst([extra])) ?? ''}`;
}

const MOST_BYTES = 2 ** 26;

async function readFirst(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = await readNamed(path, MOST_BYTES).catch(() => undefined);
    if (text?.includes('-----BEGIN CERTIFICATE-----')) return text;
  }
  return undefined;
}
