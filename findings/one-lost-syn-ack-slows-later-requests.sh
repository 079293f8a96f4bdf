#!/usr/bin/env bash
# One lost SYN-ACK slows the retransmissions of later connections to that address, healthy ones and other ports included. The
# handshake that a second SYN repaired is taken for a round trip of a second and goes into the destination's cache
# (tcp_metrics). SYN timers stay at 1 s, but whoever connects next begins with that round trip: a request that is lost goes
# out again after seconds, not after 0.2 s. Connections that come and go only wear it down bit by bit.
#
# Seen on Linux 6.18: timer of the first request 204 ms before, 2,676 ms on healthy connections after one lost SYN-ACK, to another port
# too; 204 ms where net.ipv4.tcp_no_metrics_save is 1 (and the cache was flushed).
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

FAR = '192.0.2.2'

def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout

def nft(*rules):
    run('ip', 'netns', 'exec', 'far', 'nft', '; '.join(rules))

listener = '''import socket
servers = [socket.create_server(("192.0.2.2", port)) for port in (80, 81)]
print("ready", flush=True)
import time
time.sleep(60)'''
server = subprocess.Popen(['ip', 'netns', 'exec', 'far', 'python3', '-c', listener], stdout=subprocess.PIPE, text=True)
server.stdout.readline()

def first_timer_ms(port):
    """Connects, and tells when a request that is lost would go out again, by ss."""
    began = time.monotonic()
    with socket.create_connection((FAR, port), timeout=10) as client:
        took = time.monotonic() - began
        name = f'sport = :{client.getsockname()[1]}'
        line = run('ss', '-tinOH', 'state', 'established', name)
        return float(re.search(r'\brto:([0-9.]+)', line)[1]), took

def told(what, timer, took):
    print(f'{what:38} connected in {took:4.2f} s, a lost request goes out again after {timer:.0f} ms')
    return timer

before = told('before', *first_timer_ms(80))
nft('add table inet lossy', 'add chain inet lossy out { type filter hook output priority 0; }',
    'add rule inet lossy out tcp flags & (syn | ack) == (syn | ack) numgen inc mod 2 == 0 drop')
told('its first SYN-ACK is lost', *first_timer_ms(80))
nft('delete table inet lossy')
after = told('then, nothing lost', *first_timer_ms(80))
other = told('then, nothing lost, another port', *first_timer_ms(81))
run('ip', 'tcp_metrics', 'flush')
with open('/proc/sys/net/ipv4/tcp_no_metrics_save', 'w') as switch:
    switch.write('1')
nft('add table inet lossy', 'add chain inet lossy out { type filter hook output priority 0; }',
    'add rule inet lossy out tcp flags & (syn | ack) == (syn | ack) numgen inc mod 2 == 0 drop')
told('tcp_no_metrics_save=1, a SYN-ACK lost', *first_timer_ms(80))
nft('delete table inet lossy')
spared = told('then, nothing lost', *first_timer_ms(80))
server.kill()
as_seen = before < 400 and after > 1000 and other > 1000 and spared < 400
sys.exit(0 if as_seen else 'changed: a lost SYN-ACK no longer slows the retransmissions of later connections')
PY
