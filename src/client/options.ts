import type { Stack, SynOption } from './types.ts';

/** The options of a SYN that carry information. MSS is always among them (RFC 9293 section 3.7.1). */
export interface OptionChoice {
  readonly windowScale: boolean;
  readonly sack: boolean;
  readonly timestamps: boolean;
  readonly fastOpen: boolean;
}

/** Arranges the options of a SYN in a stack's order, with its padding. */
type Layout = (choice: OptionChoice) => SynOption[];

/**
 * Each stack aligns options to 32-bit words in its own way. All eight layouts of each without Fast Open are those that
 * p0f 3.09b lists as answers of the system ([tcp:response] in p0f.fp); no source shows where Windows puts a Fast Open
 * option: it comes last here, as in the others.
 */
const LAYOUTS: Readonly<Record<Stack, Layout>> = {
  /** Window scale first; SACK and timestamps share two words if both are present. */
  windows: ({ windowScale, sack, timestamps, fastOpen }) => [
    'mss',
    ...when(windowScale, 'nop', 'window-scale'),
    ...sackAndTimestamps(sack, timestamps),
    ...when(fastOpen, 'fast-open', 'nop', 'nop'),
  ],
  /** tcp_options_write() in net/ipv4/tcp_output.c: SACK and timestamps likewise, but before the window scale. */
  linux: ({ windowScale, sack, timestamps, fastOpen }) => [
    'mss',
    ...sackAndTimestamps(sack, timestamps),
    ...when(windowScale, 'nop', 'window-scale'),
    ...when(fastOpen, 'fast-open', 'nop', 'nop'),
  ],
  /** tcp_output() in bsd/netinet/tcp_output.c: SACK after the timestamps, unaligned, and the end filled with zeros. */
  xnu: ({ windowScale, sack, timestamps, fastOpen }) => [
    'mss',
    ...when(windowScale, 'nop', 'window-scale'),
    ...when(timestamps, 'nop', 'nop', 'timestamps'),
    ...when(sack, 'sack-permitted'),
    ...when(fastOpen, 'fast-open'),
    ...when(sack !== fastOpen, 'end'),
  ],
};

export function layOutOptions(stack: Stack, choice: OptionChoice): readonly SynOption[] {
  return LAYOUTS[stack](choice);
}

/** The options in a list that carry information, whatever its order. */
export function readChoice(options: readonly SynOption[]): OptionChoice {
  return {
    windowScale: options.includes('window-scale'),
    sack: options.includes('sack-permitted'),
    timestamps: options.includes('timestamps'),
    fastOpen: options.includes('fast-open'),
  };
}

function sackAndTimestamps(sack: boolean, timestamps: boolean): SynOption[] {
  if (sack && timestamps) return ['sack-permitted', 'timestamps'];
  if (sack) return ['nop', 'nop', 'sack-permitted'];
  return when(timestamps, 'nop', 'nop', 'timestamps');
}

function when(isThere: boolean, ...options: SynOption[]): SynOption[] {
  return isThere ? options : [];
}
