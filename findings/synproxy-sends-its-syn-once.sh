#!/usr/bin/env bash
# nftables' synproxy answers a client's handshake itself and then sends the server a SYN of its own, once. If that one SYN is
# lost, nothing sends another: the client is connected, its SYN-ACK said window 0, its window probes go unanswered, and
# the server never hears of it. Without synproxy the same loss costs one second, the client's own retransmission.
# Whoever measures from the client sees a perfect handshake and a response that never comes.
#
# Seen on Linux 6.18, nftables 1.0.6; the server's side drops the first SYN that reaches it and lets all others pass:
#   without synproxy: connected after 1.0 s, answered after 1.0 s, SYNs that reached the server's side: 2
#   with synproxy: connected after 0.0 s, no answer within 12 s, SYNs that reached the server's side: 1
#
# Needs: root, iproute2, nftables, python3. Three network namespaces and their mounts end with the script.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount --pid --fork bash "$0" inside; fi
# Names of namespaces are files: in a place that only this script sees.
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip netns add client
ip netns add server
ip link add toclient type veth peer name near netns client
ip link add toserver type veth peer name far netns server
ip address add 192.0.2.1/24 dev toclient
ip address add 198.51.100.1/24 dev toserver
ip link set toclient up
ip link set toserver up
ip -n client address add 192.0.2.2/24 dev near
ip -n client link set near up
ip -n client route add default via 192.0.2.1
ip -n server address add 198.51.100.2/24 dev far
ip -n server link set far up
ip -n server route add default via 198.51.100.1
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.tcp_syncookies=1 net.ipv4.tcp_timestamps=1

cat >/run/server.py <<'PY'
import socket
with socket.create_server(('198.51.100.2', 8080)) as listener:
    for _ in range(2):
        connection, _ = listener.accept()
        connection.sendall(connection.recv(1))
PY
cat >/run/client.py <<'PY'
import socket, sys, time
name = sys.argv[1]
client = socket.socket()
client.settimeout(12)
began = time.monotonic()
client.connect(('198.51.100.2', 8080))
told = f'{name}: connected after {time.monotonic() - began:.1f} s'
client.sendall(b'?')
try:
    client.recv(1)
    print(f'{told}, answered after {time.monotonic() - began:.1f} s', end='')
except TimeoutError:
    print(f'{told}, no answer within 12 s', end='')
PY

lose_the_first() {
  ip netns exec server nft -f - <<'NFT'
flush ruleset
table ip lose {
  counter syns {
  }
  chain input {
    type filter hook input priority 0;
    tcp flags & (syn|ack) == syn counter name syns
    tcp flags & (syn|ack) == syn limit rate over 1/hour burst 1 packets accept
    tcp flags & (syn|ack) == syn drop
  }
}
NFT
}

try() {
  lose_the_first
  ip netns exec client timeout 30 python3 /run/client.py "$1"
  local syns
  syns=$(ip netns exec server nft list counter ip lose syns | grep -o 'packets [0-9]*')
  echo ", SYNs that reached the server's side: ${syns#packets }"
}

echo "Linux $(uname -r), $(nft --version)"
ip netns exec server timeout 60 python3 /run/server.py &
sleep 1
try 'without synproxy' | tee /run/seen
sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 2>/dev/null || true
nft -f - <<'NFT'
table ip firewall {
  chain prerouting {
    type filter hook prerouting priority raw;
    tcp dport 8080 tcp flags & (syn|ack) == syn notrack
  }
  chain forward {
    type filter hook forward priority 0;
    ct state invalid,untracked tcp dport 8080 synproxy mss 1460 wscale 7 timestamp sack-perm
    ct state invalid drop
  }
}
NFT
sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
try 'with synproxy' | tee -a /run/seen
# Ends the server's namespace of processes, and the server with it.
grep -q '^without synproxy: connected after [1-9][0-9.]* s, answered .*: 2$' /run/seen &&
  grep -q "^with synproxy: connected after 0[0-9.]* s, no answer within 12 s, .*: 1$" /run/seen ||
  { echo 'changed: synproxy sends its SYN again' >&2; exit 1; }
