#!/usr/bin/env bash
# A server's full accept queue shows at the client as segments received in error. The server answers a SYN while its queue
# has room; if that is full by the time the ACK comes, it forgets the ACK and sends its SYN-ACK again. To the client, which is
# connected, each of those is a valid segment with nothing wrong, and its kernel counts it as TcpInErrs ("bad segments received" in
# netstat -s, and an alarm for cables and offloads in many dashboards) beside TcpExtTCPSYNChallenge; TcpInCsumErrors stands still. The
# server's own ListenOverflows is the cause. The client's request goes out again and again meanwhile, on a connection that
# ss calls established.
#
# Seen on Linux 6.18: 2 SYN-ACKs again within 4 s (after 1 and 3 s), TcpInErrs 2, TCPSYNChallenge 2, TcpInCsumErrors 0; the
# request sent again 5 times; answered once the server had accepted the others.
#
# Needs: root, iproute2 (ip, ss), nftables, python3. Packets stay in network namespaces that end with the script.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount --pid --fork bash "$0" inside; fi
mount -t tmpfs none /run
mkdir -p /run/netns
mount -t proc none /proc
ip netns add far
ip link add near type veth peer name far netns far
ip address add 192.0.2.1/24 dev near
ip link set near up
ip -n far address add 192.0.2.2/24 dev far
ip -n far link set far up

echo "Linux $(uname -r)"
python3 - <<'PY'
import re, socket, subprocess, sys, time

FAR = ('192.0.2.2', 80)

def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def counters(*inside):
    """Of the namespace, by the names of nstat(8)."""
    lines = run(*inside, 'cat', '/proc/net/snmp', '/proc/net/netstat').splitlines()
    pairs = zip(lines[::2], lines[1::2])
    return {head.split(':')[0] + name: int(value) for head, values in pairs
            for name, value in zip(head.split()[1:], values.split()[1:])}

server = subprocess.Popen(['ip', 'netns', 'exec', 'far', 'python3', '-c', '''
import socket, sys
listener = socket.create_server(("192.0.2.2", 80), backlog=1)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(3):
    one, _ = listener.accept()
    one.settimeout(0.1)
    try:
        if one.recv(100): one.sendall(b"answer")
    except TimeoutError:
        pass
'''], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
server.stdout.readline()

before = counters()
# The ACK of the first connection is kept back until two others have filled the queue.
run('nft', 'add table inet late; add chain inet late out { type filter hook output priority 0; };'
    'add rule inet late out tcp sport 5000 tcp flags == ack drop')
client = socket.create_connection(FAR, timeout=20, source_address=('192.0.2.1', 5000))
others = [socket.create_connection(FAR, timeout=5) for _ in range(2)]
run('nft', 'delete table inet late')
client.sendall(b'request')
time.sleep(4)
line = run('ss', '-tinOH', 'sport = :5000')
again = int((re.search(r'\bretrans:\d+/(\d+)', line) or [0, 0])[1])
now, far = counters(), counters('ip', 'netns', 'exec', 'far')
grown = {name: now[name] - before[name] for name in ('TcpInErrs', 'TcpExtTCPSYNChallenge', 'TcpInCsumErrors')}
print(f'the client is {line.split()[0]}, and has sent its request again {again} times')
print(', '.join(f'{name} {count}' for name, count in grown.items()))
print(f"at the server: TcpExtListenOverflows {far['TcpExtListenOverflows']}")
server.stdin.write('go\n')
server.stdin.close()
answer = client.recv(100)
print(f'once the others are accepted: {answer.decode()}')
server.kill()
as_seen = (grown['TcpInErrs'] >= 1 and grown['TcpInErrs'] == grown['TcpExtTCPSYNChallenge'] and grown['TcpInCsumErrors'] == 0
           and again >= 2 and line.startswith('ESTAB') and far['TcpExtListenOverflows'] > 0)
sys.exit(0 if as_seen else "changed: a server's full queue no longer counts as bad segments at its client")
PY
