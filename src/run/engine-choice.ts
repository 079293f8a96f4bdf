import type { RunOptions } from './types.ts';

/** Raw where the kernel's own calls can be made; else, and where asked for, Node's. */
export function chooseEngine(asked: RunOptions['engine'], platform: string): 'raw' | 'portable' {
  if (asked !== 'auto') return asked;
  return platform === 'linux' ? 'raw' : 'portable';
}
