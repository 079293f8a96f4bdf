import type { LinkReading } from './read-links.ts';

/** `unknown`: one of the two, or the interface no longer exists. */
export type WhyDown = 'carrier' | 'addresses' | 'unknown';

/** Why nothing can pass through an interface; undefined if it is up. */
export function whyDown(name: string, { addresses, carriers }: LinkReading): WhyDown | undefined {
  const carrier = carriers.get(name);
  if (carrier?.isUp === false) return 'carrier';
  if (addresses.has(name)) return undefined;
  return carrier === undefined ? 'unknown' : 'addresses';
}
