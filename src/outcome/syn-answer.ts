import { nameIcmp } from './refusal.ts';

/**
 * Names, used as keys of counts, for what met the SYNs of an attempt before its handshake was done or given up: by what was seen
 * on this machine, and no more than that.
 */
export const SYN_ANSWERS = {
  silence: 'silence',
  'syn-ack': 'a SYN-ACK',
  'syn-ack-foreign': 'a SYN-ACK with a foreign number',
  ack: 'a bare ACK of the SYN',
  'ack-foreign': 'a bare ACK with a foreign number',
  rst: 'an RST',
  'rst-other-ttl': 'an RST with another TTL',
  'rst-foreign': 'an RST with a foreign number',
  /** The packets were looked at, and this machine sent no SYN. */
  'not-seen': 'a SYN that was not seen to leave',
  /** The same of its first SYN: the one that left was sent when that had not been answered in time. */
  'left-late': 'a first SYN that was not seen to leave',
  /** So long after its beginning that its packets had made room for others. */
  'not-held': 'something no longer known',
} as const;
export type SynAnswer = keyof typeof SYN_ANSWERS;

const ICMP = /^icmp(v6)? (\d{1,3})\/(\d{1,3})$/;

/** `icmp 3/13`, `icmpv6 1/1`: without its sender, so that there are only a few. */
export function icmpAnswer(family: 4 | 6, type: number, code: number): string {
  return `icmp${family === 6 ? 'v6' : ''} ${type}/${code}`;
}

/** Such a name in words; one that is not known as it is. */
export function describeSynAnswer(name: string): string {
  if (Object.hasOwn(SYN_ANSWERS, name)) return SYN_ANSWERS[name as SynAnswer];
  const [, v6, type, code] = ICMP.exec(name) ?? [];
  if (type === undefined || code === undefined) return name;
  const what = nameIcmp(v6 === undefined ? 4 : 6, Number(type), Number(code));
  return `ICMP${v6 ?? ''} ${what === undefined ? '' : `${what} `}(${type}/${code})`;
}
