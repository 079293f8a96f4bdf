import type { ClientProfile, SynOption } from './types.ts';

/** The path of a SYN, as far as the SYN depends on it. */
export interface SynPath {
  readonly family: 4 | 6;
  /** Of the link, bytes. */
  readonly mtu: number;
}

/** The content of a SYN's options, besides the profile. */
export interface SynValues extends SynPath {
  /** Of the timestamps option (RFC 7323 section 3.2): 32 bits; default 0. */
  readonly timestampValue?: number;
  readonly timestampEcho?: number;
  /** 4-16 bytes, an even number (RFC 7413 section 4.1.1); absent: the Fast Open option asks for one. */
  readonly fastOpenCookie?: Uint8Array;
  /** For a SYN that is retransmitted: without Fast Open, which may be why no answer came (RFC 7413 section 4.1.3). */
  readonly isResent?: boolean;
}

/** The options field of a SYN. */
export interface SynOptions {
  /** Whole 32-bit words, 4-40 bytes. */
  readonly bytes: Uint8Array;
  /** Offsets in `bytes` of the timestamp's value and echo, 4 bytes each, big-endian; -1 without the option. */
  readonly timestampAt: number;
  readonly timestampEchoAt: number;
}

/** Flags of a TCP header, as a number of 9 bits: AE is the lowest bit of the preceding byte (RFC 9768 section 3.1). */
export const TCP_FLAGS = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, ece: 64, cwr: 128, ae: 256 } as const;

/** Longest options field: the header has at most 15 words, 5 of them fixed (RFC 9293 section 3.1). */
const MOST_BYTES = 40;

/** IP and TCP header without options, by family. */
const HEADER_BYTES = { 4: 40, 6: 60 } as const;

/** IPv6's header is longer than IPv4's by this much. */
const LONGER_IN_IPV6 = 20;

/**
 * The options of a SYN, byte for byte.
 * @throws RangeError if they do not fit into 40 bytes, which cannot happen for a profile with at most one cookie of 16
 * bytes
 */
export function synOptionBytes(profile: ClientProfile, values: SynValues): SynOptions {
  const bytes: number[] = [];
  let timestampAt = -1;
  for (const option of profile.synOptions) {
    if (option === 'fast-open' && values.isResent === true) break;
    if (option === 'timestamps') timestampAt = bytes.length + 2;
    bytes.push(...encodeOption(option, profile, values));
  }
  while (bytes.length % 4 !== 0) bytes.push(KINDS.end);
  if (bytes.length > MOST_BYTES)
    throw new RangeError(`${bytes.length} bytes of TCP options; there is room for ${MOST_BYTES}`);
  return {
    bytes: Uint8Array.from(bytes),
    timestampAt,
    timestampEchoAt: timestampAt < 0 ? -1 : timestampAt + 4,
  };
}

/** Option kinds (IANA, TCP Parameters). */
const KINDS = {
  end: 0,
  nop: 1,
  mss: 2,
  windowScale: 3,
  sackPermitted: 4,
  timestamps: 8,
  fastOpen: 34,
} as const;

function encodeOption(option: SynOption, profile: ClientProfile, values: SynValues): number[] {
  switch (option) {
    case 'end':
      return [KINDS.end];
    case 'nop':
      return [KINDS.nop];
    case 'mss': {
      const mss = offeredMss(profile, values);
      return [KINDS.mss, 4, mss >>> 8, mss & 0xff];
    }
    case 'window-scale':
      return [KINDS.windowScale, 3, profile.windowScale];
    case 'sack-permitted':
      return [KINDS.sackPermitted, 2];
    case 'timestamps':
      return [KINDS.timestamps, 10, ...word(values.timestampValue ?? 0), ...word(values.timestampEcho ?? 0)];
    case 'fast-open': {
      const cookie = values.fastOpenCookie ?? [];
      return [KINDS.fastOpen, 2 + cookie.length, ...cookie];
    }
  }
}

function word(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

/** The maximum segment size that a SYN offers, bytes (RFC 9293 section 3.7.1, RFC 6691). */
export function offeredMss({ mss }: Pick<ClientProfile, 'mss'>, { family, mtu }: SynPath): number {
  return Math.min(family === 6 ? mss - LONGER_IN_IPV6 : mss, mtu - HEADER_BYTES[family]);
}

/** The window field of a SYN, 1-65535. */
export function offeredWindow(profile: ClientProfile, path: SynPath): number {
  const { synWindow, isWindowInSegments } = profile;
  const mss = offeredMss(profile, path);
  return isWindowInSegments && synWindow > mss ? synWindow - (synWindow % mss) : synWindow;
}

/**
 * The flags of a SYN, see {@link TCP_FLAGS}.
 *
 * Devices on the path may drop SYNs that ask for ECN, so clients stop asking: with RFC 3168 only the first SYN asks
 * (its section 6.1.1.1; Linux and XNU do so), with AccECN the first retransmission may as well (RFC 9768 section
 * 3.1.4.1; XNU does).
 * @param resent how often it has been sent before
 */
export function synFlags({ ecn }: Pick<ClientProfile, 'ecn'>, resent: number): number {
  const { syn, ece, cwr, ae } = TCP_FLAGS;
  if (ecn === 'ecn' && resent === 0) return syn | ece | cwr;
  if (ecn === 'accecn' && resent <= 1) return syn | ece | cwr | ae;
  return syn;
}
