import type { FarAttempt, FarFile, FarSummary } from '../../metrics/far.ts';
import { writeFar } from '../../store/far-files.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import { FarCandidates } from '../match/far-candidates.ts';
import { matchHandshakes } from '../match/match.ts';
import { type OnBytes, readHandshakes } from '../match/match-files.ts';
import { ReuseByAddress } from '../match/reuse-by-address.ts';
import { boundsOf, type CaptureFile, describeFile } from '../pcap/read-files.ts';
import type { CaptureClock, PacketFacts } from '../pcap/read-packets.ts';
import { FarGaps } from './far-gaps.ts';
import { readKeptAttempts } from './kept-attempts.ts';
import { nonceOf, readMarkerNonce } from './marker-nonce.ts';
import { PortsInUse } from './ports-in-use.ts';
import { remarkOnSides } from './remarks.ts';
import { type JoinedHost, sumUp, type ToSumUp } from './sum-up.ts';
import { tellAttempts } from './tell-attempts.ts';

export interface JoinOptions {
  /** Of each far host: the pieces of its capture, in their order. */
  readonly far: readonly (readonly CaptureFile[])[];
  /** Of the run: what its requests bear. */
  readonly marker?: string | undefined;
  readonly nowMs: number;
  readonly onBytes?: OnBytes | undefined;
}

export interface Joined {
  readonly summary: FarSummary;
  readonly attempts: readonly FarAttempt[];
}

/**
 * Joins what a run kept of its own side with a capture of the far side, and keeps the result with the run. It may be done again, with
 * other captures. Memory grows with the attempts that the run kept evidence of, and not with the far capture.
 * @throws UsageError if the run kept nothing, or a file is no capture; EnvironmentError if one cannot be read, or the folder not written
 */
export async function joinSides(dir: string, options: JoinOptions): Promise<Joined> {
  const joined = await readSides(dir, options);
  await writeFar(dir, joined.summary, joined.attempts);
  return joined;
}

async function readSides(dir: string, { far, marker, nowMs, onBytes }: JoinOptions): Promise<Joined> {
  const clock: CaptureClock = { baseSec: undefined };
  const kept = await readKeptAttempts(dir, clock, onBytes);
  const nonces = new Map<HandshakeSeen, string>();
  if (marker !== undefined)
    for (const { near, series, attempt } of kept.attempts)
      if (near !== undefined) nonces.set(near, nonceOf(series, attempt));
  const reuse = new ReuseByAddress();
  const nowSec = nowMs / 1_000;
  // A host's handshakes are not looked for at the next one: between two clocks nothing would tell which came first.
  let wanted = kept.attempts.flatMap(({ near }) => near ?? []);
  const hosts: JoinedHost[] = [];
  for (const files of far) {
    const candidates = new FarCandidates(wanted, (near) => nonces.get(near));
    const gaps = new FarGaps();
    const ports = new PortsInUse();
    const facts = await readHandshakes(files, clock, {
      onHandshake(seen) {
        candidates.add(seen);
        reuse.add(seen);
        gaps.add(seen);
        if (far.length === 1) ports.add(seen);
      },
      ...(marker === undefined ? {} : { readToken: readMarkerNonce(marker) }),
      ...(onBytes === undefined ? {} : { onBytes }),
    });
    const matching = matchHandshakes(candidates);
    const found = new Set(matching.pairs.map(({ near }) => near));
    wanted = wanted.filter((near) => !found.has(near));
    hosts.push({
      files: files.map((file, index) => fileOf(file, facts[index]!, nowSec)),
      bounds: boundsOf(facts, clock.baseSec),
      ...{ matching, handshakes: candidates.count, gaps, ports },
    });
  }
  const attempts = tellAttempts(kept.attempts, hosts);
  const given: ToSumUp = {
    joinedAt: new Date(nowMs).toISOString(),
    near: fileOf(kept.file, byAttempt(kept.facts), nowSec),
    ...{ hosts, kept: kept.attempts, attempts, reuse },
  };
  return { summary: { ...sumUp(given), remarks: remarkOnSides(given) }, attempts };
}

/** Its packets stand attempt by attempt: that times go back in it means nothing. */
function byAttempt(facts: PacketFacts): PacketFacts {
  return { ...facts, capture: { ...facts.capture, backwards: 0 } };
}

function fileOf(file: CaptureFile, facts: PacketFacts, nowSec: number): FarFile {
  const { path, frames, from, to, dropped, remarks } = describeFile(file, facts, nowSec);
  return { path, frames, from, to, dropped, remarks };
}
