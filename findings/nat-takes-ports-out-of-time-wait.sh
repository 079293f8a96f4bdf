#!/usr/bin/env bash
# nf_conntrack_tcp_timeout_time_wait does not keep a NAT port out of use. When source NAT finds its range taken, Linux evicts
# entries that are in TIME_WAIT and gives their ports to new connections, within a second of the close and long before the
# timer ends. No counter shows it (insert_failed, drop and early_drop stay 0), and conntrack -L always shows entries with nearly
# all of their time left. The far end's own TIME_WAIT, 60 s on Linux, is not asked. Ports of open connections are never taken.
#
# Seen on Linux 6.18, nftables 1.0.6, conntrack-tools 1.4.7; 10 NAT ports, a timer of 120 s:
#   closed one after the other: 60 of 60 connected within 4 s, 10 entries, counters 0
#   kept open: 10 of 11 connected
#
# Needs: root, iproute2, nftables, conntrack, python3. Three network namespaces and their mounts end with the script.
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
nft -f - <<'NFT'
table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname toserver ip protocol tcp snat to 198.51.100.1:20000-20009
  }
}
NFT
sysctl -qw net.ipv4.ip_forward=1 net.netfilter.nf_conntrack_tcp_timeout_time_wait=120

cat >/run/server.py <<'PY'
import socket, threading
def wait_for_end(connection):
    with connection:
        connection.recv(1)
with socket.create_server(('198.51.100.2', 8080), backlog=100) as listener:
    for _ in range(200):
        threading.Thread(target=wait_for_end, args=(listener.accept()[0],), daemon=True).start()
PY
cat >/run/client.py <<'PY'
import socket, sys, time
attempts, closes = int(sys.argv[1]), sys.argv[2] == 'close'
connected, kept = 0, []
began = time.monotonic()
for _ in range(attempts):
    client = socket.socket()
    client.settimeout(2.5)
    try:
        client.connect(('198.51.100.2', 8080))
        connected += 1
    except TimeoutError:
        pass
    if closes:
        client.close()
        time.sleep(0.05)
    else:
        kept.append(client)
print(f'{connected} of {attempts} connected within {time.monotonic() - began:.0f} s', end='')
PY

echo "Linux $(uname -r), $(nft --version), $(conntrack --version)"
ip netns exec server timeout 60 python3 /run/server.py &
sleep 1
{
  echo -n 'closed one after the other: '
  ip netns exec client timeout 30 python3 /run/client.py 60 close
  sleep 0.5
  echo -n ", $(conntrack -L 2>/dev/null | grep -c TIME_WAIT) entries, "
  echo "counters $(conntrack -S | grep -oE '(insert_failed|drop|early_drop)=[0-9]+' | cut -d= -f2 | awk '{ sum += $1 } END { print sum }')"
  conntrack -F 2>/dev/null
  echo -n 'kept open: '
  ip netns exec client timeout 30 python3 /run/client.py 11 keep
  echo
} | tee /run/seen
# Ends the server's namespace of processes, and the server with it.
grep -q '^closed one after the other: 60 of 60 connected within [0-9]* s, 10 entries, counters 0$' /run/seen &&
  grep -q '^kept open: 10 of 11 connected' /run/seen ||
  { echo 'changed: ports in TIME_WAIT are kept out of use' >&2; exit 1; }
