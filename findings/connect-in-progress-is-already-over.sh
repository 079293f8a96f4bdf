#!/usr/bin/env bash
# connect() of a non-blocking socket fails with EINPROGRESS, "Operation now in progress", though the handshake is over when it returns: the
# socket is ESTABLISHED, and its port takes data at once. The SYN, the SYN-ACK and the ACK are handled within the call wherever no
# other machine and no queue of its own is in between: over loopback, and over a veth pair to another network namespace as well.
# The call has decided by then what it says. So a clock that is started after connect() has returned measures no handshake there, but the time
# until the program looks again; it has to be started before the call.
#
# Seen on Linux 6.18, Python 3.11, 50 connections each, three times:
#   loopback  EINPROGRESS 50  ESTABLISHED when it returned 50
#   veth      EINPROGRESS 50  ESTABLISHED when it returned 50
#
# Needs: root, iproute2, python3. Its network namespaces end with the script, after some 2 s.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount bash "$0" inside; fi
mount -t tmpfs none /run
uname -sr
ip link set lo up
ip netns add far
ip link add near type veth peer name away netns far
ip address add 10.77.0.1/24 dev near
ip link set near up
ip -n far address add 10.77.0.2/24 dev away
ip -n far link set away up
cat >/run/listen.py <<'PY'
import socket, sys, time
server = socket.socket()
server.bind((sys.argv[1], 7_000))
server.listen(200)
print('listens', flush=True)
time.sleep(20)
PY
coproc LOCAL { exec python3 /run/listen.py 127.0.0.1; }
local_pid=$LOCAL_PID
read -r _ <&"${LOCAL[0]}"
exec {far_fd}< <(exec ip netns exec far python3 /run/listen.py 10.77.0.2)
far_pid=$!
trap 'kill "$local_pid" "$far_pid" 2>/dev/null || true' EXIT
read -r _ <&"$far_fd"
python3 - <<'PY'
import errno, socket, sys
TIMES = 50
ESTABLISHED = 1  # include/net/tcp_states.h; tcpi_state is the first byte of TCP_INFO
held, failed = [], False
for name, address in (('loopback', '127.0.0.1'), ('veth', '10.77.0.2')):
    # The first one may wait for the address of its neighbour.
    socket.create_connection((address, 7_000), timeout=5).close()
    in_progress = over = 0
    for _ in range(TIMES):
        client = socket.socket()
        client.setblocking(False)
        in_progress += client.connect_ex((address, 7_000)) == errno.EINPROGRESS
        over += client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED
        held.append(client)
    print(f'{name:9} EINPROGRESS {in_progress}  ESTABLISHED when it returned {over}')
    failed |= in_progress != TIMES or over < TIMES * 0.9
if failed: sys.exit('this has changed')
PY
