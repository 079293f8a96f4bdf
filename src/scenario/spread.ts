import type { Arm } from './types.ts';

/**
 * The setting of an arm that prevents it from using several proxies in turn, and what to do; undefined if nothing does.
 */
export function findSpreadFault({
  load,
  auth,
}: Partial<Pick<Arm, 'load' | 'auth'>>): { readonly what: string; readonly fix: string } | undefined {
  if (load?.kind === 'sweep')
    return {
      what: 'both connections of a pair must use the same proxy',
      fix: 'remove spread from the sweep',
    };
  if (auth?.scheme !== 'negotiate' || auth.to !== 'proxy' || auth.service !== undefined) return undefined;
  return {
    what: 'a Negotiate token is for one proxy, but spread uses several',
    fix: 'remove spread, or name the service that all of them share (auth.service, --service)',
  };
}
