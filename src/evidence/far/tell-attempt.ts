import type { FarAttempt, SynFate } from '../../metrics/far.ts';
import { MOST_FAR_PACKETS, MOST_FAR_SYNS } from '../../store/far-schema.ts';
import { linkPackets } from '../match/link-packets.ts';
import { changesOf } from '../match/nat.ts';
import type { FarClock } from '../match/offsets.ts';
import { listFarPackets, tellSyns } from '../match/tell-syns.ts';
import type { Pair } from '../match/types.ts';
import type { KeptAttempt } from './kept-attempts.ts';

/** An attempt of which nothing at the far side is sure. */
export function tellAlone(
  { series, attempt, kind, atUs, near }: KeptAttempt,
  fate: Extract<SynFate, 'unmatched' | 'not-seen'>,
): FarAttempt {
  const beganUs = near?.syns[0]?.atUs ?? Number.NaN;
  return {
    ...{ series, attempt, kind, atUs },
    ...{ by: null, external: null, destination: null, fate },
    syns: (near?.syns ?? []).slice(0, MOST_FAR_SYNS).map((syn, index, all) => {
      const nextUs = all[index + 1]?.atUs ?? Number.POSITIVE_INFINITY;
      const returned = near!.answers.filter((answer) => answer.atUs >= syn.atUs && answer.atUs < nextUs);
      return {
        ...{ atUs: Math.round((syn.atUs - beganUs) * 10) / 10, arrivedAtUs: null, answered: [] },
        ...{ returned: returned.map((answer) => answer.kind), fate },
      };
    }),
    ...{ changes: [], reuseAgeUs: null, previousEnd: null, invented: [], packets: [] },
  };
}

/** An attempt that both sides have. */
export function tellPair(
  { series, attempt, kind, atUs }: KeptAttempt,
  pair: Pair,
  clock: FarClock,
): FarAttempt {
  const { far, by } = pair;
  const links = linkPackets(pair, clock);
  const syns = tellSyns(pair, links, clock);
  const reuseAgeUs = far.syns[0]!.atUs - far.previousAtUs;
  return {
    ...{ series, attempt, kind, atUs, by },
    external: { address: far.client, port: far.clientPort },
    destination: { address: far.server, port: far.serverPort },
    fate: syns[0]!.fate,
    syns: syns.slice(0, MOST_FAR_SYNS),
    changes: changesOf(pair),
    reuseAgeUs: Number.isNaN(reuseAgeUs) ? null : Math.round(reuseAgeUs),
    previousEnd: far.previousEnd ?? null,
    invented: [...links.invented].map((answer) => answer.kind),
    packets: listFarPackets(pair, links, clock, MOST_FAR_PACKETS),
  };
}
