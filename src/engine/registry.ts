import type { Arm } from '../scenario/types.ts';
import type { EngineName } from './names.ts';
import type { CreateEngine } from './types.ts';

/** One way to open connections. */
interface EngineKind {
  /** Loads its code. */
  load(): Promise<CreateEngine>;
  /** What the engine cannot do for an arm, as in "arm a speaks TLS"; undefined if it can do everything. */
  cannot(arm: Arm): string | undefined;
  /** True if it makes packets itself, so that they can be those of any client. */
  readonly imitatesClients: boolean;
  /** True if it makes system calls directly through koffi and exists only on Linux. */
  readonly callsLibc: boolean;
  /** True if it is fast enough for JIT compilation to matter, see worker/rehearse.ts. */
  readonly rehearses: boolean;
  /**
   * Microseconds of one worker per attempt, kernel included, on a core of a common x86-64 server. Rounded from
   * measurements by bench/threads.mjs at moderate rates (docs/performance.md); at higher rates an attempt costs less.
   */
  readonly attemptUs: number;
  /** True: used only where it is asked for by name. */
  readonly isOptIn?: true;
}

/**
 * All engines. A run uses the first of {@link EngineName} that supports all of its arms and is available on this
 * machine.
 */
export const ENGINES: Readonly<Record<EngineName, EngineKind>> = {
  raw: {
    load: async () => (await import('./raw/engine.ts')).createRawEngine,
    cannot({ via, tls }) {
      if (via === 'tunnel') return 'uses a tunnel';
      return tls === undefined ? undefined : 'speaks TLS';
    },
    imitatesClients: false,
    callsLibc: true,
    rehearses: true,
    attemptUs: 75,
  },
  portable: {
    load: async () => (await import('./portable/engine.ts')).createPortableEngine,
    cannot: () => undefined,
    imitatesClients: false,
    callsLibc: false,
    rehearses: false,
    attemptUs: 700,
  },
  packet: {
    load: async () => (await import('./packet/engine.ts')).createPacketEngine,
    cannot({ via, tls, load, auth }) {
      if (via === 'tunnel') return 'uses a tunnel';
      if (tls !== undefined) return 'speaks TLS';
      if (via === 'icmp') return 'pings';
      if (auth?.scheme === 'negotiate') return 'authenticates with Negotiate';
      return load.kind === 'browsers' ? 'plays browsers' : undefined;
    },
    callsLibc: true,
    rehearses: false,
    attemptUs: 25,
    isOptIn: true,
    imitatesClients: true,
  },
};
