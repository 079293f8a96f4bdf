/**
 * Messages of netlink (netlink(7), include/uapi/linux/netlink.h). Headers are in native byte order, which is
 * little-endian on every machine that koffi supports; each family defines the content of attributes.
 */

/** struct nlmsghdr: length, type, flags, sequence number, port. */
export const HEADER_BYTES = 16;
/** struct nlattr: length, type. */
const ATTRIBUTE_BYTES = 4;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
/** NLM_F_ROOT and NLM_F_MATCH: everything there is. */
export const NLM_F_DUMP = 0x300;
/** For requests that create something: create it, and append it. */
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

/** NLA_F_NESTED: it contains attributes. */
const NESTED = 0x8000;
/** NLA_TYPE_MASK: without that flag and NLA_F_NET_BYTEORDER. */
const TYPE_MASK = 0x3fff;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  /** A family's own header and attributes. */
  readonly body: Uint8Array;
}

/** Concatenates messages. @param firstSequence number of the first; the others count up from it */
export function writeMessages(messages: readonly NetlinkMessage[], firstSequence: number): Uint8Array {
  return concat(
    messages.map(({ type, flags, body }, index) => {
      const bytes = new Uint8Array(align(HEADER_BYTES + body.length));
      const view = new DataView(bytes.buffer);
      view.setUint32(0, HEADER_BYTES + body.length, true);
      view.setUint16(4, type, true);
      view.setUint16(6, flags, true);
      view.setUint32(8, firstSequence + index, true);
      bytes.set(body, HEADER_BYTES);
      return bytes;
    }),
  );
}

/** A message as it was received. */
export interface ReceivedMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** The messages of one datagram. */
export function readMessages(bytes: Uint8Array): ReceivedMessage[] {
  const view = viewOf(bytes);
  const found: ReceivedMessage[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || at + length > bytes.length) break;
    found.push({
      type: view.getUint16(at + 4, true),
      sequence: view.getUint32(at + 8, true),
      body: bytes.slice(at + HEADER_BYTES, at + length),
    });
    at += align(length);
  }
  return found;
}

export function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(ATTRIBUTE_BYTES + value.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ATTRIBUTE_BYTES + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, ATTRIBUTE_BYTES);
  return bytes;
}

export function nested(type: number, attributes: readonly Uint8Array[]): Uint8Array {
  return attribute(type | NESTED, concat(attributes));
}

/** A text as the kernel expects it: with a terminating zero byte. */
export function textAttribute(type: number, text: string): Uint8Array {
  return attribute(type, new TextEncoder().encode(`${text}\0`));
}

/** Attributes by type; of several of one type the last. @param at where they begin in `bytes` */
export function readAttributes(bytes: Uint8Array, at = 0): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const found = new Map<number, Uint8Array>();
  for (let next = at; next + ATTRIBUTE_BYTES <= bytes.length; ) {
    const length = view.getUint16(next, true);
    if (length < ATTRIBUTE_BYTES || next + length > bytes.length) break;
    found.set(
      view.getUint16(next + 2, true) & TYPE_MASK,
      bytes.subarray(next + ATTRIBUTE_BYTES, next + length),
    );
    next += align(length);
  }
  return found;
}

/** A number in native byte order; 0 if the attribute is absent or shorter. */
export function readNumber(value: Uint8Array | undefined): number {
  return value === undefined || value.length < 4 ? 0 : viewOf(value).getUint32(0, true);
}

export function readString(value: Uint8Array | undefined): string {
  return new TextDecoder().decode(value ?? new Uint8Array()).replace(/\0.*$/s, '');
}

/** 32 bits in native byte order. */
export function nativeWord(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value | 0, true);
  return bytes;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** NLMSG_ALIGN and NLA_ALIGN. */
function align(length: number): number {
  return Math.ceil(length / 4) * 4;
}
