#!/usr/bin/env bash
# TCP_USER_TIMEOUT also ends a connect() that nobody answers, but it is looked at only when the first SYN's timer goes off,
# which is a second: 300 ms and 900 ms both end after that. A client cannot have a connect timeout below a second by it.
#
# Seen on Linux 6.18: 300 ms and 900 ms: ETIMEDOUT after 1.0 to 1.1 s.
#
# Needs: root, iproute2, python3. Packets go to an address within a network namespace that ends with the script.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net bash "$0" inside; fi
ip link set lo up
# A cable whose far end is there but empty: SYNs leave and nothing answers.
ip link add near type veth peer name far
ip address add 192.0.2.1/24 dev near
ip link set near up
ip link set far up
ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev near nud permanent

echo "Linux $(uname -r)"
python3 - <<'PY'
import errno, socket, sys, time
changed = False
for timeout_ms in (300, 900):
    client = socket.socket()
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, timeout_ms)
    began = time.monotonic()
    failed = client.connect_ex(('192.0.2.2', 80))
    waited = time.monotonic() - began
    print(f'TCP_USER_TIMEOUT {timeout_ms} ms: {errno.errorcode.get(failed, failed)} after {waited:.1f} s')
    changed |= failed != errno.ETIMEDOUT or waited < 0.95
sys.exit('changed: it ends a connect before the SYN timer of 1 s goes off' if changed else 0)
PY
