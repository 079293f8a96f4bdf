/** First bytes of a keytab: 5, then the format version. Version 1, in host byte order, died out in 1995. */
const HEADER = 0x0502;

/**
 * Lists the principals of a keytab, each once, in entry order (MIT Kerberos documentation, "Keytab file format").
 * Keys are skipped.
 * @throws Error if the bytes are not a keytab
 */
export function listKeytabPrincipals(bytes: Buffer): string[] {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== HEADER) throw new Error('it is not a keytab');
  const principals = new Set<string>();
  for (let at = 2; at + 4 <= bytes.length; ) {
    const size = bytes.readInt32BE(at);
    at += 4;
    // Zero ends the file; a negative size is a hole left by a removed entry.
    if (size === 0) break;
    if (size > 0) principals.add(readPrincipal(bytes.subarray(at, at + size)));
    at += Math.abs(size);
  }
  return [...principals];
}

/** Number of components, realm, components: each string is prefixed with its length. */
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
    throw new Error('one of its entries is cut off', { cause });
  }
}

/** Escapes as krb5_unparse_name() does. */
function escapePart(text: string): string {
  return text.replace(/[/@\\]/g, '\\$&');
}
