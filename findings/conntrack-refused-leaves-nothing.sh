#!/usr/bin/env bash
# Linux connection tracking keeps an entry of a SYN that nobody answered for two minutes (nf_conntrack_tcp_timeout_syn_sent,
# 120 s), but none of one that was refused: an RST that answers a SYN takes the entry away at once, though
# nf_conntrack_tcp_timeout_close says 10 s. A scan of closed ports fills no table; one of silent ports does.
#
# Seen on Linux 6.18: 50 refused: 0 entries left; 50 unanswered: 50 entries in SYN_SENT.
#
# Needs: root, iproute2, nftables, conntrack, python3. All of it happens in namespaces that end with the script.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount bash "$0" inside; fi
mount -t tmpfs none /run/netns 2>/dev/null || { mkdir -p /run/netns && mount -t tmpfs none /run/netns; }

for name in client router server; do ip netns add "$name"; done
ip link add client0 netns client type veth peer name near netns router
ip link add server0 netns server type veth peer name far netns router
ip -n client address add 10.10.1.2/24 dev client0
ip -n router address add 10.10.1.1/24 dev near
ip -n router address add 10.10.2.1/24 dev far
ip -n server address add 10.10.2.2/24 dev server0
for at in 'client client0' 'router near' 'router far' 'server server0' 'client lo' 'server lo'; do
  ip -n "${at% *}" link set "${at#* }" up
done
ip -n client route add default via 10.10.1.1
ip -n server route add default via 10.10.2.1
ip netns exec router sysctl -qw net.ipv4.ip_forward=1
ip netns exec router nft -f - <<'NFT'
table ip seen {
  chain forward {
    type filter hook forward priority 0
    ct state established,new accept
  }
}
NFT
# Ports from 2000 on are silent; the others have no listener and refuse.
ip netns exec server nft -f - <<'NFT'
table ip mute {
  chain input {
    type filter hook input priority 0
    tcp dport 2000-2049 drop
  }
}
NFT

knock() {
  ip netns exec client python3 - "$1" <<'PY'
import socket, sys
for port in range(int(sys.argv[1]), int(sys.argv[1]) + 50):
    client = socket.socket()
    client.settimeout(0.05)
    client.connect_ex(('10.10.2.2', port))
    client.close()
PY
}
entries() { ip netns exec router conntrack -L -p tcp 2>/dev/null | grep -c . || true; }

echo "Linux $(uname -r)"
knock 1000
refused=$(entries)
knock 2000
silent=$(ip netns exec router conntrack -L -p tcp --state SYN_SENT 2>/dev/null | grep -c . || true)
echo "50 refused: $refused entries left; 50 unanswered: $silent entries in SYN_SENT"
[ "$refused" = 0 ] && [ "$silent" = 50 ] || { echo 'changed'; exit 1; }
