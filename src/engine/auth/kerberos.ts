import { EnvironmentError } from '../../errors.ts';
import { formatAdding } from '../../optional.ts';

/** Not a literal: the compiler would look up the types of a package that may be absent. */
const PACKAGE: string = 'kerberos';

/** How to install it where it is missing. */
export const KERBEROS = {
  names: [PACKAGE],
  compiledWith: ['g++', 'make', 'python3', 'libkrb5-dev'],
} as const;

/** The part of the `kerberos` package that we use. */
export interface Kerberos {
  readonly GSS_MECH_OID_KRB5: number;
  readonly GSS_MECH_OID_SPNEGO: number;
  initializeClient(
    service: string,
    options: { readonly mechOID: number; readonly principal?: string },
  ): Promise<{ step(challenge: string): Promise<string> }>;
}

/**
 * Loads the `kerberos` package, which may be missing because it is compiled against the libkrb5 headers.
 * @throws EnvironmentError with the command that installs it
 */
export async function loadKerberos(): Promise<Kerberos> {
  try {
    const { default: kerberos }: { default: Kerberos } = await import(PACKAGE);
    return kerberos;
  } catch (cause) {
    throw new EnvironmentError(
      `Negotiate needs the npm package kerberos, which could not be loaded (${firstLine(cause)})`,
      {
        hint: formatAdding(KERBEROS),
        cause,
      },
    );
  }
}

function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0] ?? '';
}
