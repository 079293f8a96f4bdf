import { execFile } from 'node:child_process';
import { explainFault } from '../engine/auth/explain.ts';
import { KerberosFault } from '../engine/auth/fault.ts';
import { loadKerberos } from '../engine/auth/kerberos.ts';
import { Minter } from '../engine/auth/minter.ts';
import { listNegotiateArms, type NegotiateArm } from '../engine/auth/negotiate-arms.ts';
import { RushhourError } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { KerberosFacts } from './types.ts';

/** Maximum time for klist: a cache may be kept by a service that does not answer. */
const KLIST_MS = 2_000;

/** Makes a token for every principal of every arm with Negotiate, and discards it. Never rejects. */
export async function probeKerberos({ arms }: Scenario): Promise<KerberosFacts[]> {
  const facts: KerberosFacts[] = [];
  for (const arm of arms) {
    if (arm.auth?.scheme !== 'negotiate') continue;
    try {
      const [negotiate] = await listNegotiateArms([arm]);
      if (negotiate !== undefined) facts.push(await probeArm(negotiate));
    } catch (error) {
      if (!(error instanceof RushhourError)) throw error;
      const fault = { what: error.message, mend: error.hint ?? '' };
      facts.push({ arm: arm.name, service: arm.auth.service ?? '', principals: 0, fault });
    }
  }
  return facts;
}

async function probeArm({ name, service, identities }: NegotiateArm): Promise<KerberosFacts> {
  const minter = new Minter(await loadKerberos());
  const ticket = identities[0]?.kind === 'ticket-cache' ? await readTicket() : undefined;
  const facts = {
    ...{ arm: name, service, principals: identities.length },
    ...(ticket !== undefined && { ticket }),
  };
  try {
    for (const identity of identities) {
      const fault = await minter.mint(identity, service).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (fault === undefined) continue;
      if (!(fault instanceof KerberosFault)) throw fault;
      return { ...facts, fault: explainFault(fault.kind, fault.message, identity, service) };
    }
    return facts;
  } finally {
    await minter.close();
  }
}

/** Whose ticket the cache contains and how long it is valid, in klist's own words. */
function readTicket(): Promise<KerberosFacts['ticket']> {
  return new Promise((resolve) => {
    execFile('klist', { timeout: KLIST_MS, env: { ...process.env, LC_ALL: 'C' } }, (_error, stdout) => {
      const principal = /^Default principal: (.+)$/m.exec(stdout)?.[1];
      const expires = /^\S+ \S+ {2}(\S+ \S+) {2}krbtgt\//m.exec(stdout)?.[1];
      resolve(principal === undefined || expires === undefined ? undefined : { principal, expires });
    });
  });
}
