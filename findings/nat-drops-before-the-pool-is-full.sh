#!/usr/bin/env bash
# Linux source NAT refuses connections while its pool still has ports: the search for a free one gives up after a bounded number
# of tries, and the SYN is dropped and counted as insert_failed or drop. With 1,000 ports to one destination that begins
# at about 95 % of the pool, so a site sees stalls before its ports are used up.
#
# Seen on Linux 6.18, three times: 984 to 990 of 1000 opened; first SYN without an answer at attempt 953 to 964, with 37 to 48
# ports free; insert_failed 10 to 16.
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
ip netns exec router sysctl -qw net.ipv4.ip_forward=1
ip netns exec router nft -f - <<'NFT'
table ip nat {
  chain out {
    type nat hook postrouting priority 100
    oifname far ip protocol tcp snat to 10.10.2.1:40000-40999 random
  }
}
NFT

ip netns exec server python3 -c "
import socket, sys, threading
listener = socket.create_server(('10.10.2.2', 8080), backlog=4096)
print('ready', flush=True)
kept = []
while True: kept.append(listener.accept())
" >"/dev/shm/ready.$$" &
server=$!
trap 'kill $server 2>/dev/null; rm -f /dev/shm/ready.$$' EXIT
for _ in $(seq 100); do grep -q ready "/dev/shm/ready.$$" && break; sleep 0.1; done

echo "Linux $(uname -r)"
ip netns exec client python3 - <<'PY'
import socket, sys
opened, first = [], None
for attempt in range(1, 1001):
    client = socket.socket()
    client.settimeout(0.3)
    if client.connect_ex(('10.10.2.2', 8080)) == 0: opened.append(client)
    else:
        first = first or (attempt, len(opened))
        client.close()
at, open_then = first or (0, len(opened))
print(f'{len(opened)} of 1000 opened; the first SYN without an answer was attempt {at}, with {open_then} ports taken and {1000 - open_then} free')
sys.exit('changed: it used its pool up first' if first is None or open_then > 995 else 0)
PY
ip netns exec router conntrack -S | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^(insert_failed|drop)=/) { split($i, part, "="); sum[part[1]] += part[2] } }
  END { print "of the router: insert_failed " sum["insert_failed"] ", drop " sum["drop"] }'
