#!/usr/bin/env bash
# A client binds its source port itself (SO_REUSEADDR), closes, and connects from that port to the same server again. While the last
# connection is in TIME_WAIT or FIN-WAIT-2, that succeeds at once if there were timestamps: net.ipv4.tcp_tw_reuse = 0 forbids
# nothing, and no second is waited for. It fails with EADDRNOTAVAIL, "Cannot assign requested address", while the last one is in
# FIN-WAIT-1. That is over within a round trip if the server closes at once, or nothing was exchanged; else Linux delays the
# acknowledgement of a FIN like any other: by 40 ms after a request and its answer, on loopback, where a round trip takes some
# microseconds. So a client that uses its ports again soon meets an error about an address where servers are slow to close, and meets
# none where TIME_WAIT piles up.
#
# Seen on Linux 6.18, Python 3.11, 20 ports each, three times:
#   timestamps 1  FIN-WAIT-1 20 EADDRNOTAVAIL  FIN-WAIT-2 20 connected      TIME_WAIT 20 connected
#   timestamps 0  FIN-WAIT-1 20 EADDRNOTAVAIL  FIN-WAIT-2 20 EADDRNOTAVAIL  TIME_WAIT 20 EADDRNOTAVAIL
#   in FIN-WAIT-1, median: 44 ms after an exchange; 4 to 8 ms without one, most of which is reading /proc
#
# Needs: root, iproute2, python3. Its network namespace ends with the script, after some 5 s.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net bash "$0" inside; fi
ip link set lo up
echo 0 >/proc/sys/net/ipv4/tcp_tw_reuse
uname -sr
python3 - <<'PY'
import errno, socket, statistics, sys, time
TIMES = 20
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(64)
at = server.getsockname()
ports = iter(range(40_000, 50_000))

def connected(port):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(('127.0.0.1', port))
    client.connect(at)
    return client, server.accept()[0]

def exchange(client, peer):
    client.send(b'x' * 100)
    peer.recv(1_000)
    peer.send(b'y' * 100)
    client.recv(1_000)

def state_of(port):
    """proc_net_tcp.rst and include/net/tcp_states.h: 04 FIN-WAIT-1, 05 FIN-WAIT-2, 06 TIME_WAIT."""
    own, other = f':{port:04X}', f':{at[1]:04X}'
    rows = (line.split() for line in open('/proc/net/tcp'))
    return next((row[3] for row in rows if row[1].endswith(own) and row[2].endswith(other)), '')

def await_state(port, state):
    deadline = time.monotonic() + 3
    while state_of(port) != state:
        if time.monotonic() > deadline: sys.exit(f'port {port} is in state {state_of(port)}, not in {state}')

def again(port):
    try:
        client, peer = connected(port)
    except OSError as error:
        return errno.errorcode[error.errno]
    # Ended by RST, it leaves nothing.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
    client.close()
    peer.close()
    return 'connected'

def became(state):
    results = []
    for port in (next(ports) for _ in range(TIMES)):
        client, peer = connected(port)
        exchange(client, peer)
        client.close()
        if state == '06': peer.close()
        await_state(port, state)
        results.append(again(port))
        peer.close()
    return ', '.join(f'{results.count(what)} {what}' for what in sorted(set(results)))

def median_ms(has_exchange):
    took = []
    for port in (next(ports) for _ in range(TIMES)):
        client, peer = connected(port)
        if has_exchange: exchange(client, peer)
        from_sec = time.monotonic()
        client.close()
        while state_of(port) == '04' and time.monotonic() - from_sec < 3: pass
        took.append((time.monotonic() - from_sec) * 1_000)
        peer.close()
    return statistics.median(took)

ok = True
for timestamps, later in ((1, 'connected'), (0, 'EADDRNOTAVAIL')):
    with open('/proc/sys/net/ipv4/tcp_timestamps', 'w') as file: file.write(str(timestamps))
    seen = [became(state) for state in ('04', '05', '06')]
    print(f'timestamps {timestamps}: FIN-WAIT-1 {seen[0]}; FIN-WAIT-2 {seen[1]}; TIME_WAIT {seen[2]}')
    ok &= seen == [f'{TIMES} EADDRNOTAVAIL', f'{TIMES} {later}', f'{TIMES} {later}']
long, short = median_ms(True), median_ms(False)
print(f'in FIN-WAIT-1, median: {long:.1f} ms after an exchange; {short:.1f} ms without one')
ok &= long > 30 and short < long / 3
print('as described' if ok else 'CHANGED: not as described')
sys.exit(0 if ok else 1)
PY
