import { ETHER_TYPE } from '../wire/ethernet.ts';
import { PROTOCOL } from '../wire/ip.ts';

/**
 * Classic BPF programs (Documentation/networking/filter.rst in the kernel tree): the kernel runs one for each packet
 * and copies only what it accepts.
 */

/** uapi/linux/bpf_common.h */
const LOAD_WORD = 0x20;
const LOAD_HALF = 0x28;
const LOAD_BYTE = 0x30;
const LOAD_HALF_X = 0x48;
/** X = 4 * (byte & 0xf): the length of an IPv4 header. */
const LOAD_X_HEADER_LENGTH = 0xb1;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_ABOVE = 0x25;
const JUMP_IF_AT_LEAST = 0x35;
const JUMP_IF_SET = 0x45;
const AND = 0x54;
const RETURN = 0x06;

/** sizeof(struct sock_filter). */
export const INSTRUCTION_BYTES = 8;

/**
 * The packets that an engine wants: TCP and ICMP errors for its addresses. Addresses and ports are bounds, not lists.
 */
export interface FilterSpec {
  /** Lowest and highest IPv4 address, as unsigned numbers; absent: no IPv4. */
  readonly ipv4?: { readonly from: number; readonly to: number };
  /** Words of an IPv6 network, and the mask of each; absent: no IPv6. */
  readonly ipv6?: { readonly words: readonly number[]; readonly masks: readonly number[] };
  readonly ports: { readonly from: number; readonly to: number };
}

/** Ethernet, then IP: offsets in a frame without a VLAN tag, which the kernel removes. */
const ETHER_TYPE_AT = 12;
const IPV4_AT = 14;
const IPV4_FRAGMENT_AT = IPV4_AT + 6;
const IPV4_PROTOCOL_AT = IPV4_AT + 9;
const IPV4_DESTINATION_AT = IPV4_AT + 16;
const IPV6_NEXT_AT = IPV4_AT + 6;
const IPV6_DESTINATION_AT = IPV4_AT + 24;
const IPV6_PORT_AT = IPV4_AT + 40 + 2;

/** Without "don't fragment" and "more fragments": a first fragment has the ports. */
const FRAGMENT_OFFSET = 0x1fff;
const WHOLE_PACKET = 0x0004_0000;

interface Instruction {
  readonly code: number;
  readonly value: number;
  readonly ifTrue?: string | undefined;
  readonly ifFalse?: string | undefined;
}

/** A program in the kernel's form: a sequence of struct sock_filter. */
export function compileFilter(spec: FilterSpec): Uint8Array {
  const program = new Program();
  program.load(LOAD_HALF, ETHER_TYPE_AT);
  if (spec.ipv4 !== undefined) program.jump(JUMP_IF_EQUAL, ETHER_TYPE.IPV4, 'ipv4', undefined);
  if (spec.ipv6 !== undefined) program.jump(JUMP_IF_EQUAL, ETHER_TYPE.IPV6, 'ipv6', undefined);
  program.end('drop', 0);
  if (spec.ipv4 !== undefined) {
    program.label('ipv4');
    program.load(LOAD_WORD, IPV4_DESTINATION_AT);
    program.jump(JUMP_IF_AT_LEAST, spec.ipv4.from, undefined, 'drop4');
    program.jump(JUMP_IF_ABOVE, spec.ipv4.to, 'drop4', undefined);
    program.load(LOAD_BYTE, IPV4_PROTOCOL_AT);
    program.jump(JUMP_IF_EQUAL, PROTOCOL.ICMP, 'take4', undefined);
    program.jump(JUMP_IF_EQUAL, PROTOCOL.TCP, undefined, 'drop4');
    program.load(LOAD_HALF, IPV4_FRAGMENT_AT);
    program.jump(JUMP_IF_SET, FRAGMENT_OFFSET, 'drop4', undefined);
    program.load(LOAD_X_HEADER_LENGTH, IPV4_AT);
    program.load(LOAD_HALF_X, IPV4_AT + 2);
    program.jump(JUMP_IF_AT_LEAST, spec.ports.from, undefined, 'drop4');
    program.jump(JUMP_IF_ABOVE, spec.ports.to, 'drop4', 'take4');
    program.end('drop4', 0);
    program.end('take4', WHOLE_PACKET);
  }
  if (spec.ipv6 !== undefined) {
    program.label('ipv6');
    spec.ipv6.words.forEach((word, index) => {
      const mask = spec.ipv6!.masks[index]! >>> 0;
      if (mask === 0) return;
      program.load(LOAD_WORD, IPV6_DESTINATION_AT + 4 * index);
      program.load(AND, mask);
      program.jump(JUMP_IF_EQUAL, (word & mask) >>> 0, undefined, 'drop6');
    });
    program.load(LOAD_BYTE, IPV6_NEXT_AT);
    program.jump(JUMP_IF_EQUAL, PROTOCOL.ICMPV6, 'take6', undefined);
    program.jump(JUMP_IF_EQUAL, PROTOCOL.TCP, undefined, 'drop6');
    program.load(LOAD_HALF, IPV6_PORT_AT);
    program.jump(JUMP_IF_AT_LEAST, spec.ports.from, undefined, 'drop6');
    program.jump(JUMP_IF_ABOVE, spec.ports.to, 'drop6', 'take6');
    program.end('drop6', 0);
    program.end('take6', WHOLE_PACKET);
  }
  return program.assemble();
}

/** Instructions with named jumps; an undefined target is the next instruction. */
class Program {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  load(code: number, value: number): void {
    this.#instructions.push({ code, value });
  }

  jump(code: number, value: number, ifTrue: string | undefined, ifFalse: string | undefined): void {
    this.#instructions.push({ code, value, ifTrue, ifFalse });
  }

  label(name: string): void {
    this.#labels.set(name, this.#instructions.length);
  }

  end(name: string, value: number): void {
    this.label(name);
    this.#instructions.push({ code: RETURN, value });
  }

  assemble(): Uint8Array {
    const bytes = new Uint8Array(this.#instructions.length * INSTRUCTION_BYTES);
    const view = new DataView(bytes.buffer);
    this.#instructions.forEach(({ code, value, ifTrue, ifFalse }, index) => {
      const at = index * INSTRUCTION_BYTES;
      view.setUint16(at, code, true);
      bytes[at + 2] = this.#distance(index, ifTrue);
      bytes[at + 3] = this.#distance(index, ifFalse);
      view.setUint32(at + 4, value, true);
    });
    return bytes;
  }

  #distance(from: number, label: string | undefined): number {
    return label === undefined ? 0 : this.#labels.get(label)! - from - 1;
  }
}
