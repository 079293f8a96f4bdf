import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { chain } from '../ruleset.ts';
import { INSIDE } from '../topology.ts';

export const synproxy = definePreset({
  name: 'synproxy',
  symptom: 'the firewall answers every SYN, to closed ports as well, and opens its own handshake afterwards',
  mimics: "nftables' synproxy itself (nft(8)), or a firewall's SYN cookies in front of servers",
  isRulesAlone: true,
  needs: 'nft_synproxy',
  causes: ['pre-answered'],
  takes: ['connections'],
  parameters: {
    stamps: oneOf(['off', 'on'], {
      help: 'whether it passes TCP timestamps on; with them, Linux at the far end makes each first byte 1 s late',
      fallback: 'off',
    }),
  },
  async apply(lab, { stamps }) {
    const options = `mss 1460 wscale 7${stamps === 'on' ? ' timestamp' : ''} sack-perm`;
    await loadFirewall(lab, {
      declarations: chain('untracked', 'type filter hook prerouting priority raw', [
        `${OUTGOING_SYN} notrack`,
      ]),
      forward: [
        `iifname "${INSIDE}" meta l4proto tcp ct state invalid,untracked synproxy ${options}`,
        `iifname "${INSIDE}" meta l4proto tcp ct state invalid drop`,
      ],
    });
    // Otherwise the last ACK of a handshake would begin a connection by itself.
    await lab.firewall.setSysctls({ 'net.netfilter.nf_conntrack_tcp_loose': 0 });
  },
});
