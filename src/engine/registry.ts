import type { Arm } from '../scenario/types.ts';
import type { EngineName } from './names.ts';
import type { CreateEngine } from './types.ts';

/** One way to open connections. */
interface EngineKind {
  /** Loads its code. */
  load(): Promise<CreateEngine>;
  /** What of an arm it cannot do, as in "arm a speaks TLS"; undefined: nothing. */
  cannot(arm: Arm): string | undefined;
  /** True: it calls the kernel itself, by koffi, and exists on Linux alone. */
  readonly callsLibc: boolean;
  /** True: it is fast enough for the compiler to matter, see worker/rehearse.ts. */
  readonly rehearses: boolean;
  /**
   * Microseconds of one worker that an attempt takes, kernel included, on a core of a common x86-64 server. Rounded from what
   * bench/threads.mjs measured at moderate rates (docs/performance.md); at higher ones an attempt costs less.
   */
  readonly attemptUs: number;
}

/** Every engine. A run takes the first of {@link EngineName} that can do all of its arms and that this machine has. */
export const ENGINES: Readonly<Record<EngineName, EngineKind>> = {
  raw: {
    load: async () => (await import('./raw/engine.ts')).createRawEngine,
    cannot({ via, tls, load }) {
      if (via === 'tunnel') return 'goes through a tunnel';
      if (tls !== undefined) return 'speaks TLS';
      return load.kind === 'browsers' ? 'plays browsers' : undefined;
    },
    callsLibc: true,
    rehearses: true,
    attemptUs: 75,
  },
  portable: {
    load: async () => (await import('./portable/engine.ts')).createPortableEngine,
    cannot: () => undefined,
    callsLibc: false,
    rehearses: false,
    attemptUs: 700,
  },
};
