import type { Step } from './types.ts';

/**
 * Settings of firewalls, with where they are documented; docs/firewalls.md has the commands that show them. Defaults as the
 * vendors' own texts have them.
 */
export const TIME_WAIT_STEPS: readonly Step[] = [
  {
    text: 'keep the port for as long as the far end does: TIME_WAIT of 60 s or more, if the NAT has ports for it (rate x TIME_WAIT)',
    source: 'RFC 5382 REQ-5',
  },
  {
    firewall: 'FortiOS',
    text: 'config system global, set tcp-timewait-timer 60 (default 1)',
    source:
      'https://community.fortinet.com/t5/FortiGate/Technical-Tip-How-to-optimize-memory-by-using-session-timers/ta-p/269332',
  },
  {
    firewall: 'PAN-OS',
    text: 'raise the TCP Time Wait timeout (default 15 s); show session info has it',
    source: 'https://knowledgebase.paloaltonetworks.com/KCSArticleDetail?id=kA10g000000ClRiCAK&lang=en_US',
  },
  {
    firewall: 'MikroTik RouterOS',
    text: '/ip firewall connection tracking set tcp-time-wait-timeout=1m (default 10 s)',
    source:
      'https://wiki.mikrotik.com/index.php?title=Manual:IP/Firewall/Connection_tracking&diff=21013&oldid=21012',
  },
  {
    firewall: 'Linux',
    text: 'sysctl net.netfilter.nf_conntrack_tcp_timeout_time_wait (default 120)',
    source: 'https://docs.kernel.org/networking/nf_conntrack-sysctl.html',
  },
];

export const NAT_POOL_STEPS: readonly Step[] = [
  {
    text: 'give the NAT more external addresses, or spread the load over more destination addresses; ports x addresses >= rate x (TIME_WAIT + duration)',
  },
  {
    firewall: 'PAN-OS',
    text: 'show running ippool counts the ports of each NAT rule',
    source:
      'https://live.paloaltonetworks.com/t5/Management-Articles/How-to-Check-the-NAT-Buffer-Pool/ta-p/57039',
  },
  {
    firewall: 'Cisco ASA',
    text: 'show nat pool counts allocated ports; timeout pat-xlate says how long each rests',
    source: 'http://www.manualslib.com/manual/1531207/Cisco-Asa-Series.html?page=383',
  },
  {
    firewall: 'Linux',
    text: 'conntrack -S: insert_failed grows where no port is found',
    source: 'https://manpages.ubuntu.com/manpages/noble/man8/conntrack.8.html',
  },
];

export const TABLE_STEPS: readonly Step[] = [
  {
    firewall: 'Linux',
    text: 'compare net.netfilter.nf_conntrack_count with nf_conntrack_max; conntrack -S counts drop',
    source: 'https://docs.kernel.org/networking/nf_conntrack-sysctl.html',
  },
  {
    firewall: 'FortiOS',
    text: 'diagnose sys session stat: session_count and clash',
    source:
      'https://community.fortinet.com/fortigate-3/technical-tip-fortigate-timer-for-tcp-half-close-sessions-94680',
  },
  {
    firewall: 'Junos (SRX)',
    text: 'show security flow session summary: sessions in use and their maximum',
    source:
      'https://juniper.net/documentation/en_US/junos12.1x47/topics/reference/command-summary/show-security-flow-session.html',
  },
  {
    firewall: 'pf',
    text: 'pfctl -s info counts state-limit; pfctl -s memory has the limit',
    source: 'https://man.freebsd.org/cgi/man.cgi?query=pfctl&sektion=8',
  },
];
