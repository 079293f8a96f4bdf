import type { ParsedTarget } from './address.ts';
import type { ArmFile } from './schema.ts';
import type { Scenario, TlsSpec } from './types.ts';
import type { Via } from './words.ts';
import { sendsNothing } from './words.ts';

interface Fault {
  readonly key: 'tls' | 'via' | 'target';
  readonly what: string;
  readonly fix: string;
}

export interface ResolvedTls {
  readonly tls: TlsSpec | undefined;
  readonly faults: readonly Fault[];
}

/** Completes an arm's `tls`. Inherited settings apply only if the target is an https:// one. */
export function resolveTls(
  via: Via,
  target: ParsedTarget | undefined,
  written: ArmFile,
  own: ArmFile,
  farEnd: Scenario['farEnd'],
): ResolvedTls {
  const isSecured = !sendsNothing(via) && target?.scheme === 'https';
  if (!isSecured) {
    // A target that is not known yet may be an https:// one.
    const isIdle = own.tls !== undefined && (sendsNothing(via) || target !== undefined);
    const what = sendsNothing(via)
      ? `via: ${via} does not use TLS`
      : 'TLS with a target that is not https://';
    const fix = sendsNothing(via)
      ? 'remove it, or use via: direct'
      : 'remove it, or write an https:// target';
    return { tls: undefined, faults: isIdle ? [{ key: 'tls', what, fix }] : [] };
  }
  const { serverName, ca, insecure, minVersion, resumption } = written.tls ?? {};
  const faults: Fault[] = [];
  if (via === 'proxy') {
    const what = 'a proxy cannot be asked for an https:// target directly: it is reached through CONNECT';
    faults.push({
      key: own.via === undefined ? 'target' : 'via',
      what,
      fix: 'use via: tunnel (--via tunnel)',
    });
  }
  if (insecure === true && ca !== undefined) {
    faults.push({
      key: 'tls',
      what: 'insecure accepts any certificate, so ca has no effect',
      fix: 'keep one of them',
    });
  }
  return {
    tls: {
      ...(serverName === undefined ? {} : { serverName }),
      ...(ca === undefined ? {} : { ca }),
      insecure: insecure ?? (farEnd === 'embedded' && ca === undefined),
      minVersion: minVersion ?? '1.2',
      resumption: resumption ?? false,
    },
    faults,
  };
}
