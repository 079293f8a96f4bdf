import { readU16, readU32 } from './big-endian.ts';

/** Option kinds (IANA, TCP Option Kind Numbers). */
export const OPTION = {
  END: 0,
  NOP: 1,
  /** RFC 9293 section 3.2. */
  MSS: 2,
  /** RFC 7323. */
  WINDOW_SCALE: 3,
  /** RFC 2018. */
  SACK_PERMITTED: 4,
  SACK: 5,
  TIMESTAMPS: 8,
  /** RFC 7413. */
  FAST_OPEN: 34,
  /** RFC 9768 section 3.2.3: the same counters in two orders. */
  ACC_ECN_0: 172,
  ACC_ECN_1: 174,
} as const;

/** 40 bytes hold no more. */
const MAX_SACK_BLOCKS = 4;

/** The options of a segment; -1 for those that it lacks. One object is reused for all segments. */
export interface TcpOptions {
  mss: number;
  windowScale: number;
  sackPermitted: boolean;
  /** Selective acknowledgements: their number, and of each its first sequence number and the one after its last. */
  sackBlocks: number;
  readonly sackEdges: Float64Array;
  timestamp: number;
  timestampEcho: number;
  /** Fast Open cookie: its position and length; 0 bytes request one. */
  fastOpenAt: number;
  fastOpenBytes: number;
  /** Accurate ECN: bytes received with ECT(0), CE and ECT(1), 24 bits each. */
  accEcn: boolean;
  ect0Bytes: number;
  ceBytes: number;
  ect1Bytes: number;
  /** Kinds in order, as text: `2,4,8,1,3`; padding after an end of options is left out. */
  kinds: string;
}

export function createTcpOptions(): TcpOptions {
  const options = { sackEdges: new Float64Array(2 * MAX_SACK_BLOCKS) } as TcpOptions;
  clear(options);
  return options;
}

function clear(options: TcpOptions): void {
  options.mss = -1;
  options.windowScale = -1;
  options.sackPermitted = false;
  options.sackBlocks = -1;
  options.timestamp = -1;
  options.timestampEcho = -1;
  options.fastOpenAt = -1;
  options.fastOpenBytes = -1;
  options.accEcn = false;
  options.ect0Bytes = -1;
  options.ceBytes = -1;
  options.ect1Bytes = -1;
  options.kinds = '';
}

/**
 * Reads a segment's options as Linux does (tcp_parse_options() in net/ipv4/tcp_input.c): an option whose length does
 * not fit the header ends the reading, and those before it stay valid; a known option of a wrong length is skipped; of
 * two of the same kind the last counts.
 *
 * @param bytes untrusted
 * @param at, end where the options are, see {@link Packet.optionsAt}
 * @returns whether all were well-formed
 */
export function readTcpOptions(into: TcpOptions, bytes: Uint8Array, at: number, end: number): boolean {
  clear(into);
  let isWellFormed = true;
  for (let place = at; place < end; ) {
    const kind = bytes[place]!;
    if (kind === OPTION.END) break;
    if (kind === OPTION.NOP) {
      place += 1;
    } else {
      const length = place + 1 < end ? bytes[place + 1]! : 0;
      if (length < 2 || place + length > end) return false;
      if (!readOption(into, kind, bytes, place + 2, length - 2)) isWellFormed = false;
      place += length;
    }
    into.kinds += into.kinds === '' ? kind : `,${kind}`;
  }
  return isWellFormed;
}

/** @returns whether its length is possible for its kind */
function readOption(into: TcpOptions, kind: number, bytes: Uint8Array, at: number, length: number): boolean {
  switch (kind) {
    case OPTION.MSS:
      if (length === 2) into.mss = readU16(bytes, at);
      return length === 2;
    case OPTION.WINDOW_SCALE:
      if (length === 1) into.windowScale = bytes[at]!;
      return length === 1;
    case OPTION.SACK_PERMITTED:
      if (length === 0) into.sackPermitted = true;
      return length === 0;
    case OPTION.SACK:
      return readSack(into, bytes, at, length);
    case OPTION.TIMESTAMPS:
      if (length !== 8) return false;
      into.timestamp = readU32(bytes, at);
      into.timestampEcho = readU32(bytes, at + 4);
      return true;
    case OPTION.FAST_OPEN:
      return readFastOpen(into, at, length);
    case OPTION.ACC_ECN_0:
    case OPTION.ACC_ECN_1:
      return readAccEcn(into, kind, bytes, at, length);
    default:
      return true;
  }
}

function readSack(into: TcpOptions, bytes: Uint8Array, at: number, length: number): boolean {
  if (length === 0 || length % 8 !== 0 || length > 8 * MAX_SACK_BLOCKS) return false;
  into.sackBlocks = length / 8;
  for (let edge = 0; edge < into.sackBlocks * 2; edge += 1)
    into.sackEdges[edge] = readU32(bytes, at + edge * 4);
  return true;
}

/** RFC 7413 section 4.1.1: a cookie has 4 to 16 bytes, an even number. */
function readFastOpen(into: TcpOptions, at: number, length: number): boolean {
  if (length % 2 !== 0 || length > 16 || (length > 0 && length < 4)) return false;
  into.fastOpenAt = at;
  into.fastOpenBytes = length;
  return true;
}

/** The last of the three counters may be missing. */
function readAccEcn(into: TcpOptions, kind: number, bytes: Uint8Array, at: number, length: number): boolean {
  if (length % 3 !== 0 || length > 9) return false;
  const counter = (index: number) =>
    index * 3 < length ? (bytes[at + index * 3]! << 16) | readU16(bytes, at + index * 3 + 1) : -1;
  into.accEcn = true;
  into.ect0Bytes = counter(kind === OPTION.ACC_ECN_0 ? 0 : 2);
  into.ceBytes = counter(1);
  into.ect1Bytes = counter(kind === OPTION.ACC_ECN_0 ? 2 : 0);
  return true;
}
