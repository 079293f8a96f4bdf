import { fileURLToPath } from 'node:url';
import { browserConnections, peakPerSec } from '../scenario/load-shape.ts';
import type { Arm, CredentialSource, PacSource, Scenario } from '../scenario/types.ts';
import type { SoakNeeds } from './installed-soak.ts';

/** How the soak is run, besides its scenario. */
export interface SoakMode {
  readonly workers: number;
  /** By flag; the scenario may ask for it itself. */
  readonly setsTcpTimestamps: boolean;
  readonly sendsPackets: boolean;
  readonly notifies: boolean;
  /** Environment variables named by flags, in addition to those of the scenario. */
  readonly variables: readonly string[];
}

export function needsOf(scenario: Scenario, mode: SoakMode): SoakNeeds {
  const { arms } = scenario;
  return {
    openAtMost: Math.ceil(arms.reduce((sum, arm) => sum + openAtMost(arm), 0)),
    drainUs: Math.max(...arms.map(longestUs)),
    workers: mode.workers,
    bindsLowPorts: arms.some(({ source }) => (source?.ports?.range.from ?? 1_024) < 1_024),
    setsTcpTimestamps: mode.setsTcpTimestamps || scenario.tcpTimestamps !== undefined,
    sendsPackets: mode.sendsPackets,
    notifies: mode.notifies,
    variables: [
      ...new Set([...arms.flatMap((arm) => variablesOf(arm.auth?.credentials)), ...mode.variables]),
    ],
  };
}

/** Files that the scenario names: secrets, certificates to trust, and scripts that name proxies. */
export function filesOf({ arms }: Scenario): string[] {
  const files = arms.flatMap(({ auth, tls, pac }) => [
    ...secretFilesOf(auth?.credentials),
    ...(tls?.ca === undefined ? [] : [tls.ca]),
    ...scriptFileOf(pac),
  ]);
  return [...new Set(files)];
}

/** Whether tickets come from the cache of the user who runs it: the soak's user has none. */
export function usesTicketCache({ arms }: Scenario): boolean {
  return arms.some(({ auth }) => auth?.credentials.kind === 'ticket-cache');
}

/** If every attempt lasts until it times out. A soak is longer than any of its phases, so the peak may last as well. */
function openAtMost(arm: Arm): number {
  const { load } = arm;
  switch (load.kind) {
    case 'closed':
      return load.concurrency;
    case 'browsers':
      return browserConnections(load);
    case 'open':
      return peakPerSec(load) * (longestUs(arm) / 1_000_000);
    case 'sweep':
      return load.ratePerSec * (longestUs(arm) / 1_000_000);
  }
}

function longestUs({ handshakeTimeoutUs, responseTimeoutUs, holdUs }: Arm): number {
  // Asked for credentials, a connection waits for two answers.
  return handshakeTimeoutUs + 2 * responseTimeoutUs + holdUs;
}

function variablesOf(source: CredentialSource | undefined): string[] {
  if (source?.kind === 'env') return [source.name];
  return source?.kind === 'pattern' && 'env' in source.password ? [source.password.env] : [];
}

function scriptFileOf(pac: PacSource | undefined): string[] {
  if (pac === undefined || /^https?:/i.test(pac.source)) return [];
  return [/^file:/i.test(pac.source) ? fileURLToPath(pac.source) : pac.source];
}

function secretFilesOf(source: CredentialSource | undefined): string[] {
  if (source?.kind === 'file' || source?.kind === 'keytab') return [source.path];
  return source?.kind === 'pattern' && 'file' in source.password ? [source.password.file] : [];
}
