#!/usr/bin/env bash
# A response of one segment that is lost comes 0.2 s late where the server keeps the connection, and within a millisecond where it closes
# it: its FIN is acknowledged selectively behind the hole, and Linux' RACK sends the lost segment again at once,
# while a lone last segment waits for its probe (TLP), which reckons with a delayed acknowledgement. So a proxy that
# closes after each response hides a path that loses one response in two from whoever looks at latencies; the receiver
# counts what happened (TcpExtTCPOFOQueue), and so does the sender (TcpRetransSegs).
#
# Seen on Linux 6.18, three times: kept open, 20 lost responses took 205 to 224 ms, and the receiver counted no segment out of order;
# closed, 20 took 1 ms at most, and it counted 20.
#
# Needs: root, iproute2, nftables, python3. All of it happens in namespaces that end with the script.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount bash "$0" inside; fi
mount -t tmpfs none /run/netns 2>/dev/null || { mkdir -p /run/netns && mount -t tmpfs none /run/netns; }

for name in client server; do ip netns add "$name"; done
ip link add client0 netns client type veth peer name server0 netns server
ip -n client address add 10.10.1.2/24 dev client0
ip -n server address add 10.10.1.1/24 dev server0
ip -n client link set client0 up
ip -n server link set server0 up
# Of each connection, the first packet with data from the server is lost; what it sends again passes.
ip netns exec client nft -f - <<'NFT'
table ip lossy {
  set lost { type ipv4_addr . inet_service . inet_service; flags dynamic; timeout 60s; }
  chain in {
    type filter hook prerouting priority -300
    iifname client0 tcp sport 8080-8081 tcp flags & psh == psh ip saddr . tcp sport . tcp dport != @lost add @lost { ip saddr . tcp sport . tcp dport } drop
  }
}
NFT

ip netns exec server python3 -c "
import socket, threading
kept = []
def serve(port, closes):
    listener = socket.create_server(('10.10.1.1', port), backlog=64)
    while True:
        connection, _ = listener.accept()
        connection.recv(100)
        connection.sendall(b'x' * 500)
        if closes: connection.close()
        else: kept.append(connection)
for port, closes in ((8080, False), (8081, True)): threading.Thread(target=serve, args=(port, closes), daemon=True).start()
threading.Event().wait(120)
" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
sleep 1

echo "Linux $(uname -r)"
ip netns exec client python3 - <<'PY'
import socket, sys, time
def holes():
    lines = [line.split() for line in open('/proc/net/netstat') if line.startswith('TcpExt:')]
    return int(dict(zip(lines[0], lines[1]))['TCPOFOQueue'])
def fetch(port):
    with socket.create_connection(('10.10.1.1', port), timeout=5) as client:
        begun = time.monotonic()
        client.sendall(b'request')
        client.recv(500)
        return (time.monotonic() - begun) * 1e3
seen = {}
for port, what in ((8080, 'kept open'), (8081, 'closed')):
    before = holes()
    times = sorted(fetch(port) for _ in range(20))
    seen[what] = times
    print(f'{what}: 20 lost responses took {times[0]:.0f} to {times[-1]:.0f} ms (median {times[10]:.1f}); segments out of order: {holes() - before}')
# Medians of one machine, side by side.
sys.exit(0 if seen['kept open'][10] > 150 and seen['closed'][10] * 5 < seen['kept open'][10] else 'changed: both are as late')
PY
