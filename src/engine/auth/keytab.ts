/** First bytes of a keytab: 5, then the version of the format. Version 1, in the byte order of its host, died out in 1995. */
const HEADER = 0x0502;

/**
 * The principals of a keytab, each once, in the order of its entries (MIT Kerberos documentation, "Keytab file format").
 * Keys are stepped over.
 * @throws Error where the bytes are no keytab
 */
export function listKeytabPrincipals(bytes: Buffer): string[] {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== HEADER) throw new Error('it is not a keytab');
  const principals = new Set<string>();
  for (let at = 2; at + 4 <= bytes.length; ) {
    const size = bytes.readInt32BE(at);
    at += 4;
    // Zero ends the file; a negative size is a hole where an entry was removed.
    if (size === 0) break;
    if (size > 0) principals.add(readPrincipal(bytes.subarray(at, at + size)));
    at += Math.abs(size);
  }
  return [...principals];
}

/** Number of components, realm, components: each text with its length before it. */
function readPrincipal(entry: Buffer): string {
  let at = 2;
  const readText = (): string => {
    const length = entry.readUInt16BE(at);
    const text = entry.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    return text;
  };
  try {
    const count = entry.readUInt16BE(0);
    const realm = readText();
    const components = Array.from({ length: count }, readText);
    return `${components.map(escapePart).join('/')}@${escapePart(realm)}`;
  } catch (cause) {
    throw new Error('an entry of it is cut off', { cause });
  }
}

/** As krb5_unparse_name() does. */
function escapePart(text: string): string {
  return text.replace(/[/@\\]/g, '\\$&');
}
