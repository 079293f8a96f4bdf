import { isLibcAvailable, loadLibc } from '../engine/libc/load.ts';
import { UsageError } from '../errors.ts';
import type { Arm } from '../scenario/types.ts';
import type { RunOptions } from './types.ts';

/**
 * Raw where the kernel's own calls can be made; Node's elsewhere, where an arm needs it, and where asked for.
 *
 * @param callsLibc whether this machine makes the kernel's own calls: koffi, an optional package, may be absent
 * @throws UsageError where raw is asked for and an arm cannot do with it
 * @throws EnvironmentError where raw is asked for and this machine has none
 */
export function chooseEngine(
  asked: RunOptions['engine'],
  platform: string,
  arms: readonly Arm[],
  callsLibc: () => boolean = isLibcAvailable,
): 'raw' | 'portable' {
  const [needy] = arms.flatMap((arm) => {
    const need = needOf(arm);
    return need === undefined ? [] : [{ name: arm.name, need }];
  });
  if (needy === undefined) {
    if (asked === 'raw') loadLibc();
    if (asked !== 'auto') return asked;
    return platform === 'linux' && callsLibc() ? 'raw' : 'portable';
  }
  if (asked !== 'raw') return 'portable';
  throw new UsageError(`arm ${needy.name} ${needy.need}, which the raw engine cannot do`, {
    hint: 'leave out --engine raw, or take the arm out',
  });
}

/** What of an arm only the portable engine can do. */
function needOf({ via, tls, load }: Arm): string | undefined {
  if (via === 'tunnel') return 'goes through a tunnel';
  if (tls !== undefined) return 'speaks TLS';
  return load.kind === 'browsers' ? 'plays browsers' : undefined;
}
