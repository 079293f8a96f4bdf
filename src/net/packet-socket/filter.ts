import { ETHER_TYPE } from '../wire/ethernet.ts';
import { PROTOCOL } from '../wire/ip.ts';
import { BPF, FilterProgram } from './filter-program.ts';

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

/** A program in the kernel's form: a sequence of struct sock_filter. */
export function compileFilter(spec: FilterSpec): Uint8Array {
  const program = new FilterProgram();
  program.load(BPF.LOAD_HALF, ETHER_TYPE_AT);
  if (spec.ipv4 !== undefined) program.jump(BPF.JUMP_IF_EQUAL, ETHER_TYPE.IPV4, 'ipv4', undefined);
  if (spec.ipv6 !== undefined) program.jump(BPF.JUMP_IF_EQUAL, ETHER_TYPE.IPV6, 'ipv6', undefined);
  program.end('drop', 0);
  if (spec.ipv4 !== undefined) {
    program.label('ipv4');
    program.load(BPF.LOAD_WORD, IPV4_DESTINATION_AT);
    program.jump(BPF.JUMP_IF_AT_LEAST, spec.ipv4.from, undefined, 'drop4');
    program.jump(BPF.JUMP_IF_ABOVE, spec.ipv4.to, 'drop4', undefined);
    program.load(BPF.LOAD_BYTE, IPV4_PROTOCOL_AT);
    program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.ICMP, 'take4', undefined);
    program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.TCP, undefined, 'drop4');
    program.load(BPF.LOAD_HALF, IPV4_FRAGMENT_AT);
    program.jump(BPF.JUMP_IF_SET, FRAGMENT_OFFSET, 'drop4', undefined);
    program.load(BPF.LOAD_X_HEADER_LENGTH, IPV4_AT);
    program.load(BPF.LOAD_HALF_X, IPV4_AT + 2);
    program.jump(BPF.JUMP_IF_AT_LEAST, spec.ports.from, undefined, 'drop4');
    program.jump(BPF.JUMP_IF_ABOVE, spec.ports.to, 'drop4', 'take4');
    program.end('drop4', 0);
    program.end('take4', WHOLE_PACKET);
  }
  if (spec.ipv6 !== undefined) {
    program.label('ipv6');
    spec.ipv6.words.forEach((word, index) => {
      const mask = spec.ipv6!.masks[index]! >>> 0;
      if (mask === 0) return;
      program.load(BPF.LOAD_WORD, IPV6_DESTINATION_AT + 4 * index);
      program.load(BPF.AND, mask);
      program.jump(BPF.JUMP_IF_EQUAL, (word & mask) >>> 0, undefined, 'drop6');
    });
    program.load(BPF.LOAD_BYTE, IPV6_NEXT_AT);
    program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.ICMPV6, 'take6', undefined);
    program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.TCP, undefined, 'drop6');
    program.load(BPF.LOAD_HALF, IPV6_PORT_AT);
    program.jump(BPF.JUMP_IF_AT_LEAST, spec.ports.from, undefined, 'drop6');
    program.jump(BPF.JUMP_IF_ABOVE, spec.ports.to, 'drop6', 'take6');
    program.end('drop6', 0);
    program.end('take6', WHOLE_PACKET);
  }
  return program.assemble();
}
