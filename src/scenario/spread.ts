import type { Arm } from './types.ts';

/** What of an arm cannot go to several proxies in turn, and what to do; undefined where all can. */
export function findSpreadFault({
  load,
  auth,
}: Partial<Pick<Arm, 'load' | 'auth'>>): { readonly what: string; readonly fix: string } | undefined {
  if (load?.kind === 'sweep')
    return { what: 'both connections of a pair go to one proxy', fix: 'leave spread out of a sweep' };
  if (auth?.scheme !== 'negotiate' || auth.to !== 'proxy' || auth.service !== undefined) return undefined;
  return {
    what: 'a token of Negotiate is for one proxy, and spread goes to several',
    fix: 'leave spread out, or name the service that all of them are (auth.service, --service)',
  };
}
