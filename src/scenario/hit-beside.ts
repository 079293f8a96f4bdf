import { UsageError } from '../errors.ts';
import { firewall } from './firewall-schema.ts';
import { checkMarker } from './marker.ts';
import type { FirewallOverrides } from './overrides.ts';
import type { Scenario } from './types.ts';
import { sendsNothing, type Via } from './words.ts';

/** What is put into the requests of `rushhour hit`, and done beside them. */
export interface HitBeside {
  readonly marker?: string | undefined;
  /** False: no ping beside the load. */
  readonly ping?: boolean | undefined;
  readonly firewall?: FirewallOverrides | undefined;
}

/**
 * The keys of a scenario that these options stand for.
 * @throws UsageError if one is none, or no request could carry the marker
 */
export function readBeside(
  { marker, ping, firewall: asked }: HitBeside,
  via: Via,
): Pick<Scenario, 'marker' | 'ping' | 'firewall'> {
  if (marker !== undefined && sendsNothing(via))
    throw new UsageError('--marker: a tcp:// target is sent no request that could carry it', {
      hint: 'remove it, or hit an http:// URL',
    });
  const commands = asked === undefined ? undefined : readFirewall(asked);
  return {
    ...(marker === undefined ? {} : { marker: checkMarker(marker) }),
    ...(ping === false ? { ping: 'off' as const } : {}),
    ...(commands === undefined ? {} : { firewall: commands }),
  };
}

function readFirewall({ asks, ...commands }: FirewallOverrides): Scenario['firewall'] {
  const given = Object.fromEntries(Object.entries(commands).filter(([, value]) => value !== undefined));
  if (asks === false && Object.keys(given).length === 0) return undefined;
  const read = firewall.safeParse(given);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const flag = `--firewall-${String(issue?.path[0] ?? 'before')}`;
  const { fix } = (issue as { params?: { fix?: string } } | undefined)?.params ?? {};
  throw new UsageError(`${flag}: ${issue?.message ?? 'no command'}`, fix === undefined ? {} : { hint: fix });
}
