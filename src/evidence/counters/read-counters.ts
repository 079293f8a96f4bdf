import { readFileSync } from 'node:fs';

/** The kernel's counters, by name. */
export type Counters = ReadonlyMap<string, number>;

/** The contents of a file; empty if it does not exist. */
export type ReadFile = (path: string) => string;

/** Of the calling thread's network namespace. */
export const OWN_NET = '/proc/thread-self/net';

/** Interfaces counted individually: a container host has hundreds. */
const MOST_INTERFACES = 64;

/** Columns of /proc/net/dev (net/core/net-procfs.c, dev_seq_printf_stats), received and then sent. */
const DEVICE_COLUMNS = [
  ...[
    'rx_bytes',
    'rx_packets',
    'rx_errors',
    'rx_dropped',
    'rx_fifo',
    'rx_frame',
    'rx_compressed',
    'multicast',
  ],
  ...[
    'tx_bytes',
    'tx_packets',
    'tx_errors',
    'tx_dropped',
    'tx_fifo',
    'tx_colls',
    'tx_carrier',
    'tx_compressed',
  ],
];
const DEVICE_LOSSES = [
  'rx_errors',
  'rx_dropped',
  'rx_fifo',
  'tx_errors',
  'tx_dropped',
  'tx_fifo',
  'tx_carrier',
];

/** Columns of /proc/net/stat/nf_conntrack about packets that did not get through (ct_cpu_seq_show, nf_conntrack_standalone.c). */
const CONNTRACK_LOSSES = ['invalid', 'insert_failed', 'drop', 'early_drop', 'clash_resolve', 'chaintoolong'];

/**
 * Reads the kernel's counters: TCP and IP under the names of nstat(8) (`TcpActiveOpens`, `TcpExtTCPSynRetrans`), conntrack
 * (`conntrack.drop`), interfaces (`eth0.tx_dropped`) and the queues of processors (`softnet.dropped`).
 * @param net folder such as /proc/thread-self/net, or that of a process in another namespace
 * @returns the available counters; empty if the system has no such files
 */
export function readCounters(net: string = OWN_NET, read: ReadFile = readProc): Counters {
  return new Map([
    ...readPairs(read(`${net}/snmp`)),
    ...readPairs(read(`${net}/netstat`)),
    ...readTable(read(`${net}/stat/nf_conntrack`)),
    ...readDevices(read(`${net}/dev`)),
    ...readSoftnet(read(`${net}/softnet_stat`)),
  ]);
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Two lines for each protocol: names and figures, in the same order (proc_pid_net(5)). */
function readPairs(text: string): [string, number][] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [protocol = '', ...names] = line.split(' ');
    const [same, ...figures] = (lines[index + 1] ?? '').split(' ');
    // The first of the two lines has the names, the second the figures.
    if (index % 2 === 1 || protocol === '' || same !== protocol) return [];
    return names.map((name, at): [string, number] => [
      `${protocol.slice(0, -1)}${name}`,
      Number(figures[at] ?? 0),
    ]);
  });
}

/** A line of names, then one of hexadecimal figures for each processor. */
function readTable(text: string): [string, number][] {
  const [names = [], ...processors] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return CONNTRACK_LOSSES.flatMap((name) => {
    const at = names.indexOf(name);
    if (at < 0) return [];
    const sum = processors.reduce((total, figures) => total + Number.parseInt(figures[at] ?? '0', 16), 0);
    return [[`conntrack.${name}`, sum] as [string, number]];
  });
}

function readDevices(text: string): [string, number][] {
  return text
    .split('\n')
    .flatMap((line) => {
      const [, name = '', rest = ''] = /^\s*([^\s:]+):\s*(.*)$/.exec(line) ?? [];
      return name === '' ? [] : [{ name, figures: rest.trim().split(/\s+/) }];
    })
    .slice(0, MOST_INTERFACES)
    .flatMap(({ name, figures }) =>
      DEVICE_LOSSES.map((column): [string, number] => [
        `${name}.${column}`,
        Number(figures[DEVICE_COLUMNS.indexOf(column)] ?? 0),
      ]),
    );
}

/** Hexadecimal, one line per processor: packets, dropped, time squeezed (net/core/net-procfs.c, softnet_seq_show). Of the whole machine. */
function readSoftnet(text: string): [string, number][] {
  const processors = text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().split(/\s+/));
  if (processors.length === 0) return [];
  const sum = (at: number): number =>
    processors.reduce((total, figures) => total + Number.parseInt(figures[at] ?? '0', 16), 0);
  return [
    ['softnet.dropped', sum(1)],
    ['softnet.time_squeeze', sum(2)],
  ];
}
