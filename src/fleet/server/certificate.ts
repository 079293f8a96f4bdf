import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { EnvironmentError } from '../../errors.ts';
import { createAuthority, type Identity, signCertificate } from '../../net/authority.ts';
import { deniedPath } from '../../store/denied.ts';
import { writeWhole } from '../../store/json-file.ts';

/** Only its owner reads what holds keys. */
const SECRET = 0o600;

/** The server's certificate is valid for 90 days. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

export interface ServerCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
  /** PEM, of the authority that signed it: what probes trust. */
  readonly ca: string;
}

/**
 * The authority of a fleet, which is made once, and a certificate that it signed for these names and addresses, which is
 * made anew when there are others, or a month before it ends.
 * @throws EnvironmentError if the authority is there and is none, or its key is not there and is needed
 */
export async function provideCertificate(
  dir: string,
  hosts: readonly string[],
  nowMs: number,
): Promise<ServerCertificate> {
  const caFile = join(dir, 'ca.crt');
  const caKeyFile = join(dir, 'ca.key');
  const files = { certificateFile: join(dir, 'server.crt'), keyFile: join(dir, 'server.key'), caFile };
  const known = await readFile(caFile, 'utf8').catch(unlessDenied);
  // What probes trust is never replaced: whoever has taken its key elsewhere brings it back to sign.
  if (known !== undefined) {
    if (!isCertificate(known)) {
      throw new EnvironmentError(`${caFile} is no certificate`, {
        hint: 'bring it back from where a copy is kept, as from any credentials of this fleet ("ca"); without it, every probe has to be enrolled anew',
      });
    }
    const present = await readPair(files.keyFile, files.certificateFile);
    if (present !== undefined && isGood(present, known, hosts, nowMs)) return { ...files, ca: known };
  }
  const authority =
    known === undefined ? await makeAuthority(caKeyFile, caFile, nowMs) : await readPair(caKeyFile, caFile);
  if (authority === undefined) {
    throw new EnvironmentError(`${caKeyFile} is not the key of ${caFile}, which has to sign a certificate`, {
      hint: 'bring it back from where it is kept; without it, every probe has to be enrolled anew',
    });
  }
  const { key, certificate } = signCertificate(authority, 'rushhour fleet server', hosts, nowMs);
  await writeWhole(files.keyFile, key, SECRET);
  await writeWhole(files.certificateFile, certificate);
  return { ...files, ca: authority.certificate };
}

async function makeAuthority(keyFile: string, certificateFile: string, nowMs: number): Promise<Identity> {
  const made = createAuthority('rushhour fleet', nowMs);
  await writeWhole(keyFile, made.key, SECRET);
  await writeWhole(certificateFile, made.certificate);
  return made;
}

/** Whether the authority has its key. What is no certificate is told of by {@link provideCertificate}, and what is not there is made. */
export async function isAuthorityWhole(dir: string): Promise<boolean> {
  const certificateFile = join(dir, 'ca.crt');
  const known = await readFile(certificateFile, 'utf8').catch(() => undefined);
  if (known === undefined || !isCertificate(known)) return true;
  return (await readPair(join(dir, 'ca.key'), certificateFile)) !== undefined;
}

/** @returns undefined unless both are there and belong together */
async function readPair(keyFile: string, certificateFile: string): Promise<Identity | undefined> {
  try {
    const [key, certificate] = await Promise.all([
      readFile(keyFile, 'utf8'),
      readFile(certificateFile, 'utf8'),
    ]);
    const isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    return isPair ? { key, certificate } : undefined;
  } catch (error) {
    return unlessDenied(error);
  }
}

/** What another user owns is there: it is made anew by no mistake. */
function unlessDenied(error: unknown): undefined {
  if (deniedPath(error) !== undefined) throw error;
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).ca;
  } catch {
    return false;
  }
}

function isGood({ certificate }: Identity, ca: string, hosts: readonly string[], nowMs: number): boolean {
  const read = new X509Certificate(certificate);
  return (
    read.verify(new X509Certificate(ca).publicKey) &&
    Date.parse(read.validTo) - nowMs > RENEW_BEFORE_MS &&
    hosts.every((host) => (isIP(host) === 0 ? read.checkHost(host) : read.checkIP(host)) !== undefined)
  );
}
