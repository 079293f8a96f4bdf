#!/usr/bin/env bash
# A packet socket bound to one protocol (ETH_P_IP, ETH_P_IPV6) sees only what nftables' ingress hook has let through; one bound
# to ETH_P_ALL, as tcpdump's is, sees everything. packet(7) does not tell: the second kind is called before the hook, the
# first after it (__netif_receive_skb_core(), net/core/dev.c). Outgoing packets are shown to the second kind alone, too.
#
# Seen on Linux 6.18, nftables 1.0.6: of 5 datagrams that an ingress rule drops, ETH_P_ALL saw 5, ETH_P_IP none.
#
# Needs: root, iproute2, nftables, python3. Everything happens on the loopback of a network namespace of its own.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net bash "$0" inside; fi
ip link set lo up
nft -f - <<'NFT'
table netdev guard {
  chain ingress {
    type filter hook ingress device "lo" priority 0; policy accept;
    udp dport 9999 drop
  }
}
NFT
echo "Linux $(uname -r), $(nft --version)"
python3 - <<'PY'
import socket, sys, time

ETH_P_ALL, ETH_P_IP, PACKET_OUTGOING = 0x0003, 0x0800, 4
taps = {}
for name, protocol in (('ETH_P_ALL', ETH_P_ALL), ('ETH_P_IP', ETH_P_IP)):
    tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    tap.bind(('lo', protocol))
    tap.setblocking(False)
    taps[name] = tap
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(5):
    sender.sendto(b'x', ('127.0.0.1', 9999))
time.sleep(0.3)
seen = {}
for name, tap in taps.items():
    seen[name] = 0
    while True:
        try:
            frame, address = tap.recvfrom(256)
        except BlockingIOError:
            break
        if address[2] != PACKET_OUTGOING and frame[36:38] == (9999).to_bytes(2, 'big'):
            seen[name] += 1
print(', '.join(f'{name} saw {count} of 5' for name, count in seen.items()))
sys.exit(0 if seen == {'ETH_P_ALL': 5, 'ETH_P_IP': 0} else 'changed: the order is another')
PY
