/** A command as shown in the overview of all commands. */
export interface Entry {
  readonly summary: string;
  /** Its usage line, as in its definition. */
  readonly usage: string;
}

/**
 * All commands, in the order in which help lists them. The overview needs nothing else, so no command's module has to
 * be loaded for it.
 */
export const CATALOGUE = {
  run: { summary: 'run a scenario and record its results', usage: '[options] <scenario>' },
  hit: {
    summary: 'send ad-hoc traffic to one URL, with the flags of ab and curl',
    usage: '[options] [url]',
  },
  scenarios: { summary: 'list the available scenarios, or show one', usage: '[options] [scenario]' },
  results: { summary: 'list, show, label or remove recorded runs', usage: '[options]' },
  compare: {
    summary: 'show whether a change helped, or whether it was chance',
    usage: '[options] <before> <after>',
  },
  trend: { summary: 'compare many nights: did anything change or drift?', usage: '[options] [runs...]' },
  report: { summary: 'write an HTML report of one run or of two', usage: '[options] <run> [after]' },
  diagnose: { summary: 'say why a run stalled, or what would tell', usage: '[options] <run>' },
  experiment: {
    summary: 'alternate two settings, run under each, and compare',
    usage: '[options] [scenario]',
  },
  soak: { summary: 'run a scenario for hours and survive failures', usage: '[options] <scenario>' },
  export: { summary: 'write the figures of a run as CSV or JSON lines', usage: '[options] <run>' },
  evidence: {
    summary: 'join a run with a capture of the far side',
    usage: '[options] <run>',
  },
  pcap: {
    summary: 'analyse handshakes, stalls and answers in packet captures',
    usage: '[options] <file...>',
  },
  peer: {
    summary: 'record, on the far host, which handshakes of a run arrive',
    usage: '[options]',
  },
  fleet: { summary: 'run a scenario from many probes at once', usage: '' },
  probe: { summary: 'let a fleet run scenarios from this machine', usage: '[options]' },
  serve: { summary: 'show results in a browser, including a run in progress', usage: '[options]' },
  doctor: { summary: 'check whether this machine is ready for a run', usage: '[options] [scenario]' },
  lab: { summary: 'run firewalls that misbehave on purpose, on this machine', usage: '' },
  completion: { summary: 'print a shell completion script', usage: '<shell>' },
  manual: { summary: 'print the manual page', usage: '' },
  schema: { summary: 'print the JSON Schema of scenario files', usage: '' },
  help: { summary: 'show help for a command', usage: '[command...]' },
} as const satisfies Readonly<Record<string, Entry>>;

export type CommandName = keyof typeof CATALOGUE;

export const COMMAND_NAMES = Object.keys(CATALOGUE) as CommandName[];

/** @param word as typed */
export function isCommandName(word: string | undefined): word is CommandName {
  return word !== undefined && Object.hasOwn(CATALOGUE, word);
}
