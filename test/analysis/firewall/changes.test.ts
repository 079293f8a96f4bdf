import { describe, expect, it } from 'vitest';
import { findChanges } from '../../../src/analysis/firewall/changes.ts';
import { compareFirewalls, summariseFirewall } from '../../../src/analysis/firewall/compare-views.ts';
import { readConfigLines } from '../../../src/analysis/firewall/config-lines.ts';
import type { FirewallView } from '../../../src/analysis/firewall/types.ts';

function changes(before: string, after: string) {
  return findChanges(readConfigLines(before), readConfigLines(after)).map(({ where, key, from, to }) =>
    [where, key, from, to].map((part) => part ?? null),
  );
}

describe('a setting with another value is named with both, as', () => {
  it.each([
    [
      'FortiOS has it',
      'config system global\n    set hostname "edge"\n    set tcp-timewait-timer 1\nend',
      'config system global\n    set hostname "edge"\n    set tcp-timewait-timer 60\nend',
      [['system global', 'tcp-timewait-timer', '1', '60']],
    ],
    [
      'FortiOS has it in a table',
      'config firewall ippool\n edit "out"\n  set startport 5117\n next\n edit "other"\n  set startport 5117\n next\nend',
      'config firewall ippool\n edit "out"\n  set startport 5117\n next\n edit "other"\n  set startport 1024\n next\nend',
      [['firewall ippool > "other"', 'startport', '5117', '1024']],
    ],
    [
      "FortiOS's get has it",
      'tcp-halfclose-timer : 120\ntcp-timewait-timer  : 1 ',
      'tcp-halfclose-timer : 120\ntcp-timewait-timer  : 60 ',
      [['', 'tcp-timewait-timer', '1', '60']],
    ],
    [
      'FortiOS counts it',
      'TCP sessions:\n     3908 in ESTABLISHED state\n     169 in TIME_WAIT state',
      'TCP sessions:\n     3908 in ESTABLISHED state\n     12 in TIME_WAIT state',
      [['TCP sessions', 'in TIME_WAIT state', '169', '12']],
    ],
    [
      'PAN-OS shows it',
      'Session timeout\n  TCP default timeout:      3600 secs\n  TCP session timeout in TIME_WAIT:  15 secs',
      'Session timeout\n  TCP default timeout:      3600 secs\n  TCP session timeout in TIME_WAIT:  60 secs',
      [['Session timeout', 'TCP session timeout in TIME_WAIT', '15 secs', '60 secs']],
    ],
    [
      'Junos nests it',
      'tcp-session {\n    time-wait-state {\n        session-timeout 2;\n    }\n}',
      'tcp-session {\n    time-wait-state {\n        session-timeout 150;\n    }\n}',
      [['tcp-session > time-wait-state', 'session-timeout', '2', '150']],
    ],
    [
      'Junos sets it',
      'set security flow tcp-session time-wait-state session-timeout 2',
      'set security flow tcp-session time-wait-state session-timeout 150',
      [['', 'security flow tcp-session time-wait-state session-timeout', '2', '150']],
    ],
    [
      'RouterOS prints it',
      '          enabled: auto\n  tcp-time-wait-timeout: 10s',
      '          enabled: auto\n  tcp-time-wait-timeout: 1m',
      [['', 'tcp-time-wait-timeout', '10s', '1m']],
    ],
    [
      'RouterOS exports it',
      'set enabled=auto tcp-close-timeout=10s tcp-time-wait-timeout=10s',
      'set enabled=auto tcp-close-timeout=10s tcp-time-wait-timeout=1m',
      [['enabled=auto', 'tcp-time-wait-timeout', '10s', '1m']],
    ],
    [
      'ASA writes several on a line',
      'timeout xlate 3:00:00\ntimeout pat-xlate 0:00:30\ntimeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00',
      'timeout xlate 3:00:00\ntimeout pat-xlate 0:01:00\ntimeout conn 1:00:00 half-closed 0:00:30 udp 0:02:00',
      [
        ['', 'timeout pat-xlate', '0:00:30', '0:01:00'],
        ['', 'timeout conn 1:00:00 half-closed', '0:10:00', '0:00:30'],
      ],
    ],
    [
      'pfctl lists it',
      'tcp.closing                  900s\ntcp.closed                    90s',
      'tcp.closing                  900s\ntcp.closed                     1s',
      [['', 'tcp.closed', '90s', '1s']],
    ],
    [
      'sysctl does',
      'net.netfilter.nf_conntrack_tcp_timeout_time_wait = 120',
      'net.netfilter.nf_conntrack_tcp_timeout_time_wait = 1',
      [['', 'net.netfilter.nf_conntrack_tcp_timeout_time_wait', '120', '1']],
    ],
    [
      'nft has it in a rule',
      'table ip nat {\n\tchain post {\n\t\toifname "far" masquerade to :1024-2047\n\t}\n}',
      'table ip nat {\n\tchain post {\n\t\toifname "far" masquerade to :1024-65535\n\t}\n}',
      [['table ip nat > chain post', 'oifname far masquerade to', ':1024-2047', ':1024-65535']],
    ],
    [
      'an API answers in JSON',
      '{\n "results": {\n  "tcp-timewait-timer": 1,\n  "hostname": "edge"\n }\n}',
      '{\n "results": {\n  "tcp-timewait-timer": 60,\n  "hostname": "edge"\n }\n}',
      [['results', 'tcp-timewait-timer', '1', '60']],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
    expect(changes(before, before)).toEqual([]);
  });
});

it('a setting that comes is not taken for another one with another value, and order and spaces do not count', () => {
  const before = 'config system global\n set alpha 1\n set beta 2\nend';
  const after = 'config system global\r\n   set  beta 2\r\n set gamma 3\r\nend';
  expect(changes(before, after)).toEqual([
    ['system global', 'alpha', '1', null],
    ['system global', 'gamma', null, '3'],
  ]);
});

const said = (text: string) => ({ program: 'ssh', text });
const viewOf = (before: string, after: string): FirewallView => ({
  ...{ before: said(before), after: said(after), isAgain: true, failures: [] },
});
const output = (timer: number, drops: number, sessions: number) =>
  `config system global\n set tcp-timewait-timer ${timer}\nend\ncpu=0 found=3 drop=${drops}\nsessions in use: ${sessions}\n`;

describe('between two runs', () => {
  it('a setting that changed is said, and counters that moved within either run are not', () => {
    const { sentences, changes: found } = compareFirewalls(
      { id: 'one', view: viewOf(output(1, 0, 7), output(1, 12, 9)) },
      { id: 'other', view: viewOf(output(60, 40, 1), output(60, 40, 2)) },
    );
    expect(sentences).toEqual([
      "between these runs the firewall's tcp-timewait-timer went from 1 to 60 (system global)",
    ]);
    expect(found).toHaveLength(1);
  });

  it('that nothing changed is said as well', () => {
    const view = viewOf(output(1, 0, 7), output(1, 12, 9));
    expect(compareFirewalls({ id: 'one', view }, { id: 'other', view }).sentences).toEqual([
      'none of the settings that the firewall showed changed between these runs',
    ]);
  });

  it('a table of thousands of lines that are all others costs no time and names few', () => {
    const table = (from: number) =>
      Array.from({ length: 4_000 }, (_, index) => `tcp 10.0.0.1:${from + index} ESTABLISHED`).join('\n');
    const { sentences, changes: found } = compareFirewalls(
      { id: 'one', view: viewOf(table(0), table(0)) },
      { id: 'other', view: viewOf(table(40_000), table(40_000)) },
    );
    expect([sentences.length, found.length]).toEqual([13, 30]);
  });
});

it('what moved within a run is summed up', () => {
  expect(summariseFirewall(viewOf(output(1, 0, 7), output(1, 12, 9)))).toEqual({
    outputs: { before: 1, during: 0, after: 1 },
    failures: [],
    moved: [
      { where: 'cpu=0', key: 'drop', from: '0', to: '12' },
      { where: '', key: 'sessions in use', from: '7', to: '9' },
    ],
    movedMore: 0,
  });
});
