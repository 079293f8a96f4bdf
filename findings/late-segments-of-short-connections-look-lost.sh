#!/usr/bin/env bash
# A path that holds one data segment of a short connection back for 20 ms looks like one that loses it: Linux' RACK has the sender send it
# again at once, and none of the counters that should tell the two apart afterwards moves, neither the sender's (TCPFullUndo,
# TCPDSACKUndo, TCPSACKReorder, TCPTSReorder) nor the receiver's count of duplicates (DelayedACKLost): the connection is over
# before the late one arrives. It is answered by an RST, though its connection had ended well at both ends; TcpOutRsts of the
# receiver is the only counter that differs.
#
# Seen on Linux 6.18, Python 3.11, six times, a hundred connections each:
#   late: sent again 100 to 102, undone or seen as reordered 0 to 2, duplicates 0 to 2, RSTs 98 to 100
#   lost: sent again 100 or 101, undone or seen as reordered 0 or 1, duplicates 0, RSTs 0
#
# Needs: root, iproute2, python3. Three network namespaces and their mounts end with the script, after some 15 s.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount --pid --fork --kill-child bash "$0" inside; fi
mount -t tmpfs tmpfs /run
mkdir /run/netns
for name in client middle server; do ip netns add "$name"; done
ip link add client0 netns client type veth peer name m0 netns middle
ip link add server0 netns server type veth peer name m1 netns middle
ip -n client address add 192.0.2.1/24 dev client0
ip -n server address add 192.0.2.2/24 dev server0
for one in 'client client0' 'client lo' 'middle m0' 'middle m1' 'server server0' 'server lo'; do
  read -r name link <<<"$one"
  ip -n "$name" link set "$link" up
done

# Forwards frames; of each connection, the first segment with data from the server is held back, or dropped.
cat >/run/forward.py <<'PY'
import heapq, select, socket, sys, time
late_sec = float(sys.argv[1])  # below zero: it is dropped
def opened(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.bind((name, 0))
    return link
near, far = opened('m0'), opened('m1')
def summed(frame):
    """With the TCP checksum that the sender had left to its network card."""
    if frame[12:14] != b'\x08\x00' or frame[23] != 6: return frame
    length = int.from_bytes(frame[16:18], 'big')
    at = 14 + (frame[14] & 15) * 4
    frame = bytearray(frame[:14 + length])
    frame[at + 16:at + 18] = b'\0\0'
    summand = bytes(frame[26:34]) + bytes([0, 6]) + (14 + length - at).to_bytes(2, 'big') + bytes(frame[at:])
    summand += b'\0' * (len(summand) % 2)
    total = sum(int.from_bytes(summand[i:i + 2], 'big') for i in range(0, len(summand), 2))
    while total >> 16: total = (total & 65535) + (total >> 16)
    frame[at + 16:at + 18] = (~total & 65535).to_bytes(2, 'big')
    return bytes(frame)
def carried(frame):
    if frame[12:14] != b'\x08\x00' or frame[23] != 6: return None
    at = 14 + (frame[14] & 15) * 4
    has_data = 14 + int.from_bytes(frame[16:18], 'big') > at + (frame[at + 12] >> 4) * 4
    return bytes(frame[at:at + 4]) if has_data else None
seen, held, nth, end = set(), [], 0, time.monotonic() + 60
while time.monotonic() < end:
    ready, _, _ = select.select([near, far], [], [], max(0, held[0][0] - time.monotonic()) if held else 0.1)
    while held and held[0][0] <= time.monotonic(): near.send(heapq.heappop(held)[2])
    for link in ready:
        frame, (_, _, kind, *_) = link.recvfrom(65536)
        if kind == socket.PACKET_OUTGOING: continue
        frame = summed(frame)
        ports = carried(frame) if link is far else None
        if ports is None or ports in seen:
            (far if link is near else near).send(frame)
            continue
        seen.add(ports)
        nth += 1
        if late_sec >= 0: heapq.heappush(held, (time.monotonic() + late_sec, nth, frame))
PY
cat >/run/serve.py <<'PY'
import socket, threading
def answer(connection):
    connection.recv(100)
    connection.sendall(b'x' * 1200)
    connection.sendall(b'y' * 1200)
    connection.close()
with socket.create_server(('192.0.2.2', 8080), backlog=64) as listener:
    while True: threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
PY
cat >/run/ask.py <<'PY'
import socket
for _ in range(100):
    with socket.create_connection(('192.0.2.2', 8080), timeout=10) as client:
        client.sendall(b'request')
        while client.recv(9000): pass
PY

count() { # NAMESPACE NAME...: the sum of these counters
  ip netns exec "$1" cat /proc/net/netstat /proc/net/snmp | awk -v wanted="${*:2}" '
    BEGIN { split(wanted, names, " "); for (i in names) want[names[i]] = 1 }
    $1 in titles { split(titles[$1], title, " "); for (i = 2; i <= NF; i++) if (title[i] in want) sum += $i; next }
    { titles[$1] = $0 }
    END { print sum + 0 }'
}
ip netns exec server python3 /run/serve.py &
sleep 1

declare -A seen
try() { # NAME SECONDS
  local again undone twice resets
  again=$(count server RetransSegs) undone=$(count server TCPFullUndo TCPDSACKUndo TCPSACKReorder TCPTSReorder)
  twice=$(count client DelayedACKLost) resets=$(count client OutRsts)
  ip netns exec middle python3 /run/forward.py "$2" &
  local forward=$!
  sleep 0.5
  timeout 50 ip netns exec client python3 /run/ask.py
  sleep 0.5
  kill "$forward"
  wait "$forward" 2>/dev/null || true
  seen[$1]="$(($(count server RetransSegs) - again)) $(($(count server TCPFullUndo TCPDSACKUndo TCPSACKReorder TCPTSReorder) - undone)) $(($(count client DelayedACKLost) - twice)) $(($(count client OutRsts) - resets))"
  local sent noticed copies rsts
  read -r sent noticed copies rsts <<<"${seen[$1]}"
  echo "$1: sent again $sent, undone or seen as reordered $noticed, duplicates $copies, RSTs $rsts"
}
echo "Linux $(uname -r), $(ip -V), $(python3 --version)"
try late 0.02
try lost -1

fail() { echo "changed: $1"; exit 1; }
read -r sent noticed copies rsts <<<"${seen[late]}"
[ "$sent" -ge 90 ] && [ "$noticed" -le 20 ] || fail 'the sender notices what it sent again for nothing'
[ "$copies" -le 20 ] && [ "$rsts" -ge 80 ] || fail 'what is late is not answered by RSTs alone'
read -r sent noticed copies rsts <<<"${seen[lost]}"
[ "$sent" -ge 90 ] && [ "$noticed" -le 20 ] && [ "$copies" -le 20 ] && [ "$rsts" -le 5 ] || fail 'what is lost leaves traces like what is late'
