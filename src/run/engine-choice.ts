import { UsageError } from '../errors.ts';
import type { Arm } from '../scenario/types.ts';
import type { RunOptions } from './types.ts';

/**
 * Raw where the kernel's own calls can be made; Node's elsewhere, where an arm needs it, and where asked for.
 * @throws UsageError where raw is asked for and an arm cannot do with it
 */
export function chooseEngine(
  asked: RunOptions['engine'],
  platform: string,
  arms: readonly Arm[],
): 'raw' | 'portable' {
  const [needy] = arms.flatMap((arm) => {
    const need = needOf(arm);
    return need === undefined ? [] : [{ name: arm.name, need }];
  });
  if (needy === undefined) return asked !== 'auto' ? asked : platform === 'linux' ? 'raw' : 'portable';
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
