import { EnvironmentError } from '../../errors.ts';
import { wordAdding } from '../../optional.ts';

/** Not a literal, or the compiler would look up the types of a package that may be absent. */
const PACKAGE: string = 'kerberos';

/** How it is added where it is missing. */
export const KERBEROS = {
  names: [PACKAGE],
  compiledWith: ['g++', 'make', 'python3', 'libkrb5-dev'],
} as const;

/** What is used of the `kerberos` package. */
export interface Kerberos {
  readonly GSS_MECH_OID_KRB5: number;
  readonly GSS_MECH_OID_SPNEGO: number;
  initializeClient(
    service: string,
    options: { readonly mechOID: number; readonly principal?: string },
  ): Promise<{ step(challenge: string): Promise<string> }>;
}

/**
 * Loads the `kerberos` package, which an installation may lack: it is compiled, against the headers of libkrb5.
 * @throws EnvironmentError with the command that brings it
 */
export async function loadKerberos(): Promise<Kerberos> {
  try {
    const { default: kerberos }: { default: Kerberos } = await import(PACKAGE);
    return kerberos;
  } catch (cause) {
    throw new EnvironmentError(
      `Negotiate needs the npm package kerberos, which could not be loaded (${firstLine(cause)})`,
      {
        hint: wordAdding(KERBEROS),
        cause,
      },
    );
  }
}

function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0] ?? '';
}
