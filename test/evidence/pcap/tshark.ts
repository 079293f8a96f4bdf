import { execFileSync } from 'node:child_process';

const FIELDS = [
  'frame.number',
  'tcp.stream',
  'tcp.flags',
  'tcp.analysis.retransmission',
  'tcp.analysis.fast_retransmission',
  'tcp.analysis.spurious_retransmission',
  'tcp.analysis.initial_rtt',
] as const;

const [SYN, RST, ACK] = [0x02, 0x04, 0x10];

export interface ByTshark {
  readonly streams: number;
  readonly syns: number;
  readonly synRetransmissions: number;
  readonly synAcks: number;
  readonly resets: number;
  /** Of segments that are no SYN, whatever made them be sent again. */
  readonly retransmissions: number;
  /** From the last SYN to the acknowledgement of the SYN-ACK, microseconds, by frame of the stream's first packet. */
  readonly initialRttUs: ReadonlyMap<number, number>;
}

/** What tshark counts in a capture. */
export function countByTshark(path: string): ByTshark {
  const fields = FIELDS.flatMap((field) => ['-e', field]);
  const printed = execFileSync('tshark', ['-n', '-r', path, '-Y', 'tcp', '-T', 'fields', ...fields], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const rows = printed
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
    // ICMP errors have the fields of what they quote.
    .filter(([, stream]) => stream !== '' && !stream!.includes(','))
    .map(([frame, stream, flags, again, fast, spurious, rtt]) => ({
      ...{ frame: Number(frame), stream: stream!, flags: Number(flags) },
      isAgain: [again, fast, spurious].some((value) => value !== ''),
      rttUs: rtt === '' ? undefined : Math.round(Number(rtt) * 1e9) / 1e3,
    }));
  const firstFrames = new Map<string, number>();
  const initialRttUs = new Map<number, number>();
  for (const { frame, stream, rttUs } of rows) {
    if (!firstFrames.has(stream)) firstFrames.set(stream, frame);
    if (rttUs !== undefined) initialRttUs.set(firstFrames.get(stream)!, rttUs);
  }
  const having = (flags: number) => rows.filter((row) => (row.flags & (SYN | ACK)) === flags);
  return {
    streams: firstFrames.size,
    syns: having(SYN).length,
    synRetransmissions: having(SYN).filter(({ isAgain }) => isAgain).length,
    synAcks: having(SYN | ACK).length,
    resets: rows.filter(({ flags }) => (flags & RST) !== 0).length,
    retransmissions: rows.filter(({ flags, isAgain }) => isAgain && (flags & SYN) === 0).length,
    initialRttUs,
  };
}
