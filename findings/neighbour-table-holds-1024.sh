#!/usr/bin/env bash
# A Linux router whose neighbour table is full (gc_thresh3, 1,024 entries by default, over all network namespaces of the
# machine) does not answer ARP requests of further hosts any more: arp_process() answers only after it has written the
# asker down. Hosts beyond the limit find no gateway, as if it were switched off for them.
#
# Seen on Linux 6.18 with gc_thresh3 = 1024: of 1,500 hosts that asked within a second, 1,022 were answered.
#
# Needs: root, iproute2, python3. Everything happens between two network namespaces of its own; the entries are gone with them.
set -euo pipefail
far=rushhour-finding-$$
if [ "${1:-}" != inside ]; then exec unshare --net bash "$0" inside; fi
ip netns add "$far"
trap 'ip netns del "$far"' EXIT
ip link add near type veth peer name router netns "$far"
ip link set near up
ip -n "$far" addr add 10.98.0.1/16 dev router
ip -n "$far" link set router up
limit=$(cat /proc/sys/net/ipv4/neigh/default/gc_thresh3 2>/dev/null || echo 1024)
echo "Linux $(uname -r), gc_thresh3 = $limit where it can be read, else by default"
python3 - "$limit" <<'PY'
import select, socket, struct, sys, time

limit, hosts = int(sys.argv[1]), int(sys.argv[1]) + 476
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
link.bind(('near', 0x0806))
mac = link.getsockname()[4]
router = socket.inet_aton('10.98.0.1')

def ask(address):
    arp = struct.pack('!HHBBH6s4s6s4s', 1, 0x0800, 6, 4, 1, mac, address, bytes(6), router)
    link.send(b'\xff' * 6 + mac + b'\x08\x06' + arp)

answered = set()
def listen(seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not select.select([link], [], [], left)[0]:
            return
        frame = link.recv(128)
        if frame[20:22] == b'\x00\x02':
            answered.add(frame[38:42])

time.sleep(0.5)
for number in range(hosts):
    ask(struct.pack('!I', 0x0A620100 + number))
    if number % 16 == 15:
        listen(0.002)
listen(1)
print(f'{hosts} hosts asked, {len(answered)} were answered')
sys.exit(0 if limit - 64 <= len(answered) <= limit else 'changed: the limit does not show')
PY
