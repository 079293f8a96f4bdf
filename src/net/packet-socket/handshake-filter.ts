import { ETHER_TYPE } from '../wire/ethernet.ts';
import { PROTOCOL } from '../wire/ip.ts';
import { ACK, FIN, RST, SYN } from '../wire/packet.ts';
import { BPF, FilterProgram } from './filter-program.ts';

/** An address with a port whose handshakes are wanted. */
export interface FilterEndpoint {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** Bytes from the link header on that are enough for every header: of IPv6, TCP's options included, and of an ICMP error's quote. */
export const SNAP_BYTES = 128;

/** More addresses or ports than that are not told apart here: whoever reads what passes looks again. */
const MOST_LISTED = 16;

/** Offsets that count from the network header whatever the link, and facts about a packet (uapi/linux/filter.h). */
const NETWORK = -0x10_0000;
const ABOUT = -0x1000;
const ABOUT_PROTOCOL = ABOUT;
const ABOUT_KIND = ABOUT + 4;
const ABOUT_HARDWARE = ABOUT + 28;

/** PACKET_OUTGOING of uapi/linux/if_packet.h, ARPHRD_LOOPBACK of uapi/linux/if_arp.h. */
export const OUTGOING = 4;
export const LOOPBACK = 772;

const FRAGMENT_OFFSET = 0x1fff;
/** Destination unreachable, source quench, time exceeded, parameter problem: those that quote a packet (RFC 792). */
const ICMP_ERRORS = [3, 4, 11, 12];
/** ICMPv6 types from here on are no errors (RFC 4443 section 2.1). */
const INFORMATIONAL = 0x80;

const IPV4 = { source: 12, destination: 16, tcp: 20 };
/** The last word of an address: a word is enough to pass over most of what is another's. */
const IPV6 = { source: 8 + 12, destination: 24 + 12, tcp: 40 };

/**
 * Passes what tells of handshakes with these endpoints: segments with SYN, FIN or RST, acknowledgements without data that come
 * from them (one may be the answer to a SYN), and ICMP errors. Of any interface; on loopback, where each packet is there twice,
 * once.
 */
export function compileHandshakeFilter(endpoints: readonly FilterEndpoint[]): Uint8Array {
  const program = new FilterProgram();
  const families = [4, 6].filter((family) => endpoints.some(({ address }) => familyOf(address) === family));
  program.load(BPF.LOAD_WORD, ABOUT_KIND);
  program.jump(BPF.JUMP_IF_EQUAL, OUTGOING, undefined, 'seen once');
  program.load(BPF.LOAD_WORD, ABOUT_HARDWARE);
  program.jump(BPF.JUMP_IF_EQUAL, LOOPBACK, 'drop', 'seen once');
  program.label('seen once');
  program.load(BPF.LOAD_WORD, ABOUT_PROTOCOL);
  if (families.includes(4)) program.jump(BPF.JUMP_IF_EQUAL, ETHER_TYPE.IPV4, 'is 4', undefined);
  if (families.includes(6)) program.jump(BPF.JUMP_IF_EQUAL, ETHER_TYPE.IPV6, 'is 6', undefined);
  program.end('drop', 0);
  if (families.includes(6)) {
    program.label('is 6');
    if (families.includes(4)) program.leap('ipv6');
  }
  if (families.includes(4)) {
    program.label('is 4');
    addIpv4(program, endpoints);
  }
  if (families.includes(6)) {
    program.label('ipv6');
    addIpv6(program, endpoints);
  }
  return program.assemble();
}

function addIpv4(program: FilterProgram, endpoints: readonly FilterEndpoint[]): void {
  program.load(BPF.LOAD_HALF, NETWORK + 6);
  program.jump(BPF.JUMP_IF_SET, FRAGMENT_OFFSET, 'drop 4', undefined);
  program.load(BPF.LOAD_X_HEADER_LENGTH, NETWORK);
  program.load(BPF.LOAD_BYTE, NETWORK + 9);
  program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.TCP, 'tcp 4', undefined);
  program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.ICMP, undefined, 'drop 4');
  program.load(BPF.LOAD_BYTE_X, NETWORK);
  for (const type of ICMP_ERRORS) program.jump(BPF.JUMP_IF_EQUAL, type, 'take 4', undefined);
  program.end('drop 4', 0);
  program.label('tcp 4');
  addEndpoints(program, 4, endpoints);
  // An acknowledgement is bare if both headers are all that there is of the packet.
  program.load(BPF.LOAD_BYTE_X, NETWORK + 12);
  program.load(BPF.AND, 0xf0);
  program.load(BPF.SHIFT_RIGHT, 2);
  program.load(BPF.ADD_X, 0);
  program.load(BPF.COPY_TO_X, 0);
  program.load(BPF.LOAD_HALF, NETWORK + 2);
  program.load(BPF.SUBTRACT_X, 0);
  program.jump(BPF.JUMP_IF_EQUAL, 0, 'take 4', 'no 4');
  program.end('no 4', 0);
  program.end('take 4', SNAP_BYTES);
}

function addIpv6(program: FilterProgram, endpoints: readonly FilterEndpoint[]): void {
  program.load(BPF.LOAD_BYTE, NETWORK + 6);
  program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.TCP, 'tcp 6', undefined);
  program.jump(BPF.JUMP_IF_EQUAL, PROTOCOL.ICMPV6, undefined, 'drop 6');
  program.load(BPF.LOAD_BYTE, NETWORK + IPV6.tcp);
  program.jump(BPF.JUMP_IF_AT_LEAST, INFORMATIONAL, 'drop 6', 'icmp error 6');
  program.end('drop 6', 0);
  program.end('icmp error 6', SNAP_BYTES);
  program.label('tcp 6');
  addEndpoints(program, 6, endpoints);
  program.load(BPF.LOAD_BYTE, NETWORK + IPV6.tcp + 12);
  program.load(BPF.AND, 0xf0);
  program.load(BPF.SHIFT_RIGHT, 2);
  program.load(BPF.COPY_TO_X, 0);
  program.load(BPF.LOAD_HALF, NETWORK + 4);
  program.load(BPF.SUBTRACT_X, 0);
  program.jump(BPF.JUMP_IF_EQUAL, 0, 'take 6', 'no 6');
  program.end('no 6', 0);
  program.end('take 6', SNAP_BYTES);
}

/** Of TCP to the endpoints, or from them: goes on behind this for an acknowledgement from them; everything else is decided. */
function addEndpoints(program: FilterProgram, family: 4 | 6, endpoints: readonly FilterEndpoint[]): void {
  const own = endpoints.filter(({ address }) => familyOf(address) === family);
  const words = listed(own.map(({ address }) => lastWord(address)));
  const ports = listed(own.map(({ port }) => port));
  const { source, destination, tcp } = family === 4 ? IPV4 : IPV6;
  // IPv4's header has a length of its own, which X holds.
  const loadTcp = (half: boolean, offset: number): void => {
    if (family === 4) program.load(half ? BPF.LOAD_HALF_X : BPF.LOAD_BYTE_X, NETWORK + offset);
    else program.load(half ? BPF.LOAD_HALF : BPF.LOAD_BYTE, NETWORK + tcp + offset);
  };
  const check = (values: readonly number[] | undefined, yes: string, no: string): void => {
    if (values === undefined) program.leap(yes);
    else {
      for (const value of values) program.jump(BPF.JUMP_IF_EQUAL, value, yes, undefined);
      program.leap(no);
    }
  };
  const step = (name: string): string => `${name} ${family}`;
  program.load(BPF.LOAD_WORD, NETWORK + destination);
  check(words, step('to address'), step('from'));
  program.label(step('to address'));
  loadTcp(true, 2);
  check(ports, step('to'), step('from'));
  program.label(step('to'));
  loadTcp(false, 13);
  program.jump(BPF.JUMP_IF_SET, SYN | FIN | RST, step('take this'), undefined);
  program.end(step('to, no'), 0);
  program.label(step('from'));
  program.load(BPF.LOAD_WORD, NETWORK + source);
  check(words, step('from address'), step('drop this'));
  program.label(step('from address'));
  loadTcp(true, 0);
  check(ports, step('from port'), step('drop this'));
  program.end(step('drop this'), 0);
  program.end(step('take this'), SNAP_BYTES);
  program.label(step('from port'));
  loadTcp(false, 13);
  program.jump(BPF.JUMP_IF_SET, SYN | FIN | RST, step('take that'), undefined);
  program.jump(BPF.JUMP_IF_SET, ACK, step('bare'), undefined);
  program.end(step('drop that'), 0);
  program.end(step('take that'), SNAP_BYTES);
  program.label(step('bare'));
}

/** @returns undefined if there are too many to list */
function listed(values: readonly number[]): readonly number[] | undefined {
  const each = [...new Set(values)];
  return each.length <= MOST_LISTED ? each : undefined;
}

function familyOf(address: Uint8Array): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}

function lastWord(address: Uint8Array): number {
  return new DataView(address.buffer, address.byteOffset).getUint32(address.length - 4);
}
