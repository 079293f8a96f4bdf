import type { Command } from 'commander';
import { EnvironmentError, UsageError } from '../../errors.ts';
import type { PeerAddress } from '../../evidence/peer/connect-peer.ts';
import { FINGERPRINT, MAX_TOKEN_CHARACTERS } from '../../evidence/peer/fingerprint.ts';
import type { Host } from '../host.ts';

/** Source of the token: never the command line, which every user of a machine can read. */
export const PEER_TOKEN_VARIABLE = 'RUSHHOUR_PEER_TOKEN';

export interface PeerOptions {
  readonly peer?: string;
  readonly peerFingerprint?: string;
}

export function addPeerOptions(command: Command): Command {
  return command
    .option(
      '--peer <host:port>',
      `record what arrives at the far host, with rushhour peer there; its token is read from ${PEER_TOKEN_VARIABLE}`,
    )
    .option('--peer-fingerprint <sha256>', 'the fingerprint that the peer printed');
}

/**
 * @returns undefined without --peer
 * @throws UsageError if a flag is wrong or missing
 * @throws EnvironmentError without a token
 */
export function readPeer({ peer, peerFingerprint }: PeerOptions, host: Host): PeerAddress | undefined {
  if (peer === undefined) {
    if (peerFingerprint === undefined) return undefined;
    throw new UsageError('--peer-fingerprint needs --peer');
  }
  const [, bracketed, plain, port = '0'] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(peer) ?? [];
  const name = bracketed ?? plain;
  if (name === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`--peer ${peer} is not a host with a port`, {
      hint: 'write it as rushhour peer printed it: 10.0.0.2:7411',
    });
  }
  if (peerFingerprint === undefined || !FINGERPRINT.test(peerFingerprint)) {
    throw new UsageError(
      peerFingerprint === undefined
        ? '--peer needs --peer-fingerprint'
        : `--peer-fingerprint ${peerFingerprint} is not a fingerprint`,
      { hint: 'copy the line that rushhour peer printed: --peer-fingerprint SHA256:…' },
    );
  }
  const token = host.env[PEER_TOKEN_VARIABLE];
  if (token === undefined || token === '' || token.length > MAX_TOKEN_CHARACTERS) {
    throw new EnvironmentError(`the peer’s token is missing: ${PEER_TOKEN_VARIABLE} is not set`, {
      hint: 'copy the line that rushhour peer printed: export RUSHHOUR_PEER_TOKEN=…',
    });
  }
  return { host: name, port: Number(port), fingerprint: peerFingerprint, token };
}
