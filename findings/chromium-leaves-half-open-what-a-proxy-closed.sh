#!/usr/bin/env bash
# Chromium does not answer the FIN of a proxy that closes an idle connection. The socket stays half open (CLOSE-WAIT, and FIN-WAIT-2 at
# the proxy) until the browser next wants a connection, be it to another host; only then its own FIN leaves. That holds for the
# connection that carried a page as well as for the spare one beside it, which never carried a request.
# Who sizes a NAT or a firewall for a quiet class by the proxy's idle time reckons too little: an entry stays for as long as the
# firewall keeps half-closed ones, or until the user clicks. Who looks for closes at the client sees none, and then many at once.
#
# Seen with chromium 156.0.8078.108-1~deb12u1 (Debian 12):
#   connections that the proxy closed: 2
#   4 s later, at the client: 2 CLOSE-WAIT, at the proxy: 2 FIN-WAIT-2
#   after a page of another host: 0 CLOSE-WAIT
#
# Needs: root (for a network of its own), iproute2, python3, chromium.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount --pid --fork --kill-child timeout 120 bash "$0" inside; fi
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
ip link set lo up
cd /tmp
export HOME=/tmp

cat >proxy.py <<'PY'
import socket, threading, time

PAGE = b'<!doctype html><link rel=icon href="data:,"><meta http-equiv=refresh content="12;url=http://two.test/">'
LAST = b'<!doctype html><link rel=icon href="data:,">'
closed = 0

def serve(connection):
    global closed
    got = b''
    connection.settimeout(2)
    try:
        while b'\r\n\r\n' not in got:
            more = connection.recv(65536)
            if not more:
                return
            got += more
    except socket.timeout:
        pass
    if b' http://one.test/' in got or got == b'':
        if got:
            head = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n'
            connection.sendall(head % len(PAGE) + PAGE)
            open('first', 'w').close()
            time.sleep(2)
        if not told.is_set():
            connection.shutdown(socket.SHUT_WR)
            closed += 1
            open('closed', 'w').write(str(closed))
    else:
        told.set()
        body = LAST if b' http://two.test/' in got else b''
        head = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n'
        connection.sendall(head % len(body) + body)
        if b' http://two.test/' in got:
            open('second', 'w').close()
    connection.settimeout(None)
    connection.recv(1)

told = threading.Event()
listener = socket.create_server(('127.0.0.1', 3128))
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
PY
python3 proxy.py & sleep 1
chromium --headless --no-sandbox --disable-gpu --no-first-run --user-data-dir=/tmp/profile --proxy-server=127.0.0.1:3128 \
  --disable-background-networking --disable-component-update --disable-sync --disable-default-apps --proxy-bypass-list='*.google.com;*.googleapis.com' --remote-debugging-port=9222 \
  http://one.test/ >/dev/null 2>&1 &
wait_for() { for _ in $(seq 1 "$2"); do if [ -e "$1" ]; then return; fi; sleep 0.1; done; echo "no $1"; exit 1; }
count() { ss -Htn state "$1" "$2 = :3128" | wc -l; }
wait_for first 600
sleep 6.5
closed=$(cat closed)
half=$(count close-wait dport)
waiting=$(count fin-wait-2 sport)
wait_for second 300
sleep 1
after=$(count close-wait dport)
seen="connections that the proxy closed: $closed
4 s later, at the client: $half CLOSE-WAIT, at the proxy: $waiting FIN-WAIT-2
after a page of another host: $after CLOSE-WAIT"
echo "$seen"
expected='connections that the proxy closed: 2
4 s later, at the client: 2 CLOSE-WAIT, at the proxy: 2 FIN-WAIT-2
after a page of another host: 0 CLOSE-WAIT'
[ "$seen" = "$expected" ] || { echo 'changed: Chromium closes otherwise what a proxy has closed'; exit 1; }
