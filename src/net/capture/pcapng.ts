import { BIG, type ByteOrder, LITTLE } from './byte-order.ts';
import { createFoundFrame, type FrameSink, NO_COMMENTS } from './frame-sink.ts';
import { type Format, MAX_FRAME_BYTES } from './pcap.ts';
import {
  BLOCK,
  BLOCK_BYTES,
  BYTE_ORDER_MAGIC,
  COMMENT,
  INTERFACE_OPTION,
  OPTION_END,
  STATISTICS_OPTION,
} from './pcapng-blocks.ts';
import { TickClock } from './ticks.ts';
import { CaptureError } from './types.ts';

/** Magic, version and length of a section. */
const SECTION_BYTES = BLOCK_BYTES + 16;
/** libpcap accepts no larger blocks either (BLOCK_MAX of sf-pcapng.c). */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
/** More than any machine has. */
const MAX_INTERFACES = 4_096;

/** if_tsresol if an interface has none: microseconds. */
const MICROSECONDS = 6;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly clock: TickClock;
  /** Frames it dropped, according to its last statistics. */
  dropped: number | undefined;
}

type OnOption = (code: number, at: number, size: number) => void;

export class PcapngFormat implements Format {
  readonly #sink: FrameSink;
  readonly #found = createFoundFrame();
  #order: ByteOrder = LITTLE;
  /** Of the section being read. */
  #interfaces: Interface[] = [];
  /** Of the sections that have ended. */
  #droppedBefore: number | undefined;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    this.#found.bytes = bytes;
    let place = at;
    while (place + BLOCK_BYTES <= end) {
      const isSection = BIG.u32(bytes, place) === BLOCK.SECTION_HEADER;
      if (isSection) this.#order = this.#orderOf(bytes, place);
      const length = this.#order.u32(bytes, place + 4);
      if (length < BLOCK_BYTES || length % 4 !== 0 || length > MAX_BLOCK_BYTES)
        throw this.#damaged(`a block claims a length of ${length} bytes`);
      if (place + length > end) break;
      const repeated = this.#order.u32(bytes, place + length - 4);
      if (repeated !== length) throw this.#damaged(`a block of ${length} bytes ends as one of ${repeated}`);
      if (isSection) this.#beginSection(bytes, place, length);
      else this.#readBlock(bytes, place, length);
      place += length;
      this.#sink.facts.wholeBytes += length;
    }
    return place;
  }

  #orderOf(bytes: Uint8Array, at: number): ByteOrder {
    for (const order of [LITTLE, BIG]) if (order.u32(bytes, at + 8) === BYTE_ORDER_MAGIC) return order;
    throw this.#damaged('a section does not specify its byte order');
  }

  #beginSection(bytes: Uint8Array, at: number, length: number): void {
    if (length < SECTION_BYTES) throw this.#damaged(`a section has a header of ${length} bytes`);
    const major = this.#order.u16(bytes, at + 12);
    if (major !== 1) throw new CaptureError(`is a pcapng of version ${major}; only version 1 can be read`);
    this.#droppedBefore = this.#sink.facts.dropped;
    this.#interfaces = [];
  }

  #readBlock(bytes: Uint8Array, at: number, length: number): void {
    const body = at + 8;
    const end = at + length - 4;
    switch (this.#order.u32(bytes, at)) {
      case BLOCK.INTERFACE:
        this.#readInterface(bytes, body, end);
        break;
      case BLOCK.ENHANCED_PACKET:
        this.#readPacket(bytes, body, end, this.#order.u32(bytes, body));
        break;
      case BLOCK.PACKET:
        this.#readPacket(bytes, body, end, this.#order.u16(bytes, body));
        break;
      case BLOCK.SIMPLE_PACKET:
        this.#readSimple(bytes, body, end);
        break;
      case BLOCK.STATISTICS:
        this.#readStatistics(bytes, body, end);
        break;
      default:
        // Names, secrets, custom blocks: skipped.
        break;
    }
  }

  #readInterface(bytes: Uint8Array, body: number, end: number): void {
    if (end - body < 8) throw this.#damaged('an interface is described in too few bytes');
    if (this.#interfaces.length >= MAX_INTERFACES)
      throw new CaptureError(`has more than ${MAX_INTERFACES} interfaces`);
    let resolution = MICROSECONDS;
    let offsetSec = 0;
    this.#readOptions(bytes, body + 8, end, (code, at, size) => {
      if (code === INTERFACE_OPTION.TIME_RESOLUTION && size >= 1) resolution = bytes[at]!;
      if (code === INTERFACE_OPTION.TIME_OFFSET && size >= 8) offsetSec = this.#signed(bytes, at);
    });
    this.#interfaces.push({
      linkType: this.#order.u16(bytes, body),
      snapLength: this.#order.u32(bytes, body + 4),
      clock: new TickClock(resolution, offsetSec),
      dropped: undefined,
    });
  }

  /** Enhanced and obsolete packets differ only in their first four bytes. */
  #readPacket(bytes: Uint8Array, body: number, end: number, index: number): void {
    const from = this.#interfaces[index];
    if (end - body < 20 || from === undefined) {
      this.#note('has frames that name no interface; they are left out');
      return;
    }
    const captured = this.#order.u32(bytes, body + 12);
    const at = body + 20;
    if (captured > MAX_FRAME_BYTES || at + captured > end) {
      this.#note('has frames longer than their blocks; they are left out');
      return;
    }
    const found = this.#found;
    from.clock.read(this.#order.u32(bytes, body + 4), this.#order.u32(bytes, body + 8));
    found.sec = from.clock.sec;
    found.fractionUs = from.clock.fractionUs;
    found.wireBytes = this.#order.u32(bytes, body + 16);
    found.comments = this.#readComments(bytes, at + pad(captured), end);
    this.#take(from, at, captured);
  }

  /**
   * Has no time, and belongs to the first interface; the captured length follows from the block and the snap length.
   */
  #readSimple(bytes: Uint8Array, body: number, end: number): void {
    const from = this.#interfaces[0];
    if (end - body < 4 || from === undefined) {
      this.#note('has frames that name no interface; they are left out');
      return;
    }
    const found = this.#found;
    const snapLength = from.snapLength === 0 ? MAX_FRAME_BYTES : from.snapLength;
    found.sec = Number.NaN;
    found.wireBytes = this.#order.u32(bytes, body);
    found.comments = NO_COMMENTS;
    this.#take(from, body + 4, Math.min(found.wireBytes, snapLength, MAX_FRAME_BYTES, end - body - 4));
  }

  #take({ linkType }: Interface, at: number, captured: number): void {
    this.#found.linkType = linkType;
    this.#found.at = at;
    this.#found.end = at + captured;
    this.#sink.take(this.#found);
  }

  #readComments(bytes: Uint8Array, at: number, end: number): readonly string[] {
    if (at + 4 >= end) return NO_COMMENTS;
    const comments: string[] = [];
    this.#readOptions(bytes, at, end, (code, from, size) => {
      if (code === COMMENT) comments.push(UTF8.decode(bytes.subarray(from, from + size)));
    });
    return comments.length === 0 ? NO_COMMENTS : comments;
  }

  #readStatistics(bytes: Uint8Array, body: number, end: number): void {
    const of = this.#interfaces[this.#order.u32(bytes, body)];
    if (end - body < 12 || of === undefined) return;
    let dropped: number | undefined;
    this.#readOptions(bytes, body + 12, end, (code, at, size) => {
      if ((code !== STATISTICS_OPTION.DROPPED && code !== STATISTICS_OPTION.OS_DROPPED) || size < 8) return;
      dropped = (dropped ?? 0) + Number(this.#wide(bytes, at));
    });
    if (dropped === undefined) return;
    of.dropped = dropped;
    this.#sink.facts.dropped = this.#interfaces.reduce(
      (sum, other) => sum + (other.dropped ?? 0),
      this.#droppedBefore ?? 0,
    );
  }

  #readOptions(bytes: Uint8Array, at: number, end: number, take: OnOption): void {
    for (let place = at; place + 4 <= end; ) {
      const code = this.#order.u16(bytes, place);
      const size = this.#order.u16(bytes, place + 2);
      if (code === OPTION_END || place + 4 + size > end) return;
      take(code, place + 4, size);
      place += 4 + pad(size);
    }
  }

  #signed(bytes: Uint8Array, at: number): number {
    return Number(BigInt.asIntN(64, this.#wide(bytes, at)));
  }

  #wide(bytes: Uint8Array, at: number): bigint {
    const [first, second] = [BigInt(this.#order.u32(bytes, at)), BigInt(this.#order.u32(bytes, at + 4))];
    return this.#order === LITTLE ? (second << 32n) | first : (first << 32n) | second;
  }

  #damaged(what: string): CaptureError {
    return new CaptureError(`is damaged: after frame ${this.#sink.facts.frames}, ${what}`);
  }

  #note(fault: string): void {
    this.#sink.facts.faults.add(fault);
  }
}

const UTF8 = new TextDecoder();

function pad(size: number): number {
  return Math.ceil(size / 4) * 4;
}
