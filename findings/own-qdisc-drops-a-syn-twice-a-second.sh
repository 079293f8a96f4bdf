#!/usr/bin/env bash
# A SYN that is lost on the way is sent again after 1, 2, 3, 4, 5, 7, 11 ... s, and connect() gives up after more than a
# minute. A SYN that the sender's own queueing discipline drops (full, or rate-limited) goes another way through the kernel:
# the retransmission "failed", is tried again every half second without backing off, and each try counts as one of
# tcp_syn_retries. connect() then says ETIMEDOUT after some five seconds, with exactly the counters of a path that lost
# everything: TcpExtTCPSynRetrans counts SYNs that never left the machine. The same SYNs dropped by the sender's own nftables
# output hook keep to the usual schedule.
#
# Seen on Linux 6.18, iproute2 6.1.0, nftables 1.0.6; tcp_syn_retries 5, tcp_syn_linear_timeouts 4:
#   dropped on the far side: ETIMEDOUT after 69 s, TCPSynRetrans 9
#   dropped by own nftables: ETIMEDOUT after 69 s, TCPSynRetrans 9
#   dropped by own qdisc: ETIMEDOUT after 6 s, TCPSynRetrans 9, dropped by the qdisc 10
#
# Needs: root, iproute2, nftables, python3. Two network namespaces and their mounts end with the script, after 150 s.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount --pid --fork bash "$0" inside; fi
# Names of namespaces are files: in a place that only this script sees.
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip netns add server
ip link add near type veth peer name far netns server
ip address add 192.0.2.1/24 dev near
ip link set near up
ip -n server address add 192.0.2.2/24 dev far
ip -n server link set far up
sysctl -qw net.ipv4.tcp_syn_retries=5
sysctl -qw net.ipv4.tcp_syn_linear_timeouts=4 2>/dev/null || true

cat >/run/client.py <<'PY'
import errno, socket, time
client = socket.socket()
began = time.monotonic()
try:
    client.connect(('192.0.2.2', 8080))
    result = 'connected'
except OSError as error:
    result = errno.errorcode[error.errno]
print(f'{result} after {time.monotonic() - began:.0f} s', end='')
PY

try() {
  nstat -n
  echo -n "$1: "
  timeout 90 python3 /run/client.py
  echo -n ", TCPSynRetrans $(nstat -z TcpExtTCPSynRetrans | awk '/TCPSynRetrans/ { print $2 }')"
}

echo "Linux $(uname -r), $(ip -V), $(nft --version)"
drop='table ip lose { chain syns { type filter hook HOOK priority 0; tcp dport 8080 drop; }; }'
{
  ip netns exec server nft "${drop/HOOK/input}"
  try 'dropped on the far side'
  echo
  nft "${drop/HOOK/output}"
  try 'dropped by own nftables'
  echo
  nft flush ruleset
  # A bucket smaller than any SYN: ARP fits into it.
  tc qdisc add dev near root tbf rate 8kbit burst 60 limit 3000
  try 'dropped by own qdisc'
  echo ", dropped by the qdisc $(tc -s qdisc show dev near | grep -o 'dropped [0-9]*' | cut -d' ' -f2)"
} | tee /run/seen
grep -qE '^dropped on the far side: ETIMEDOUT after [67][0-9] s, TCPSynRetrans 9$' /run/seen &&
  grep -qE '^dropped by own nftables: ETIMEDOUT after [67][0-9] s, TCPSynRetrans 9$' /run/seen &&
  grep -qE '^dropped by own qdisc: ETIMEDOUT after [5-9] s, TCPSynRetrans 9, dropped by the qdisc 10$' /run/seen ||
  { echo "changed: a SYN that the sender's own qdisc drops is no longer tried twice a second" >&2; exit 1; }
