#!/usr/bin/env bash
# A proxy's "200" to CONNECT should mean that it has reached the other end (RFC 9110, 9.3.6), and Squid keeps to that: for a port
# that refuses, it says 503; for one that is silent, nothing until it gives up. Apache Traffic Server says 200 as soon as its
# own SYN is on its way, whatever becomes of that SYN: a refused tunnel is a 200 and then the end of the connection, a silent
# one a 200 and then nothing. Whoever counts the 200s of CONNECT as established tunnels counts all of them here, and a stall
# between the proxy and its origins first shows as a TLS handshake that is never answered. (Changed upstream in August 2026, pull
# request 13512.)
#
# Seen with trafficserver 9.2.5+ds-0+deb12u4 and squid 5.7-2+deb12u6 (Debian 12):
#   squid, refused: 503, then the end
#   squid, silent: nothing within 4 s
#   trafficserver, refused: 200, then the end
#   trafficserver, silent: 200, then nothing within 4 s
#
# Needs: root, iproute2, nftables, python3, squid, trafficserver. Its network, processes and mounts end with the script.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net --mount --pid --fork timeout 60 bash "$0" inside; fi
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mkdir -m 777 /tmp/ats /tmp/ats/cache /tmp/ats/log /run/trafficserver
chmod 1777 /tmp
cp -r /etc/trafficserver /tmp/ats/etc
ip link set lo up
nft add table ip far
nft add chain ip far input '{ type filter hook input priority 0; }'
nft add rule ip far input ip daddr 127.0.0.9 drop

cat >/tmp/squid.conf <<'CONF'
http_port 127.0.0.1:3128
http_access allow all
pid_filename none
access_log none
cache_log /tmp/squid.log
cache_effective_user proxy
CONF
cat >/tmp/ats/etc/records.config <<'CONF'
CONFIG proxy.config.http.server_ports STRING 8080
CONFIG proxy.config.url_remap.remap_required INT 0
CONFIG proxy.config.reverse_proxy.enabled INT 0
CONFIG proxy.config.http.connect_ports STRING 443
CONFIG proxy.config.admin.user_id STRING nobody
CONFIG proxy.config.log.logfile_dir STRING /tmp/ats/log
CONFIG proxy.config.http.cache.http INT 0
CONF
echo '/tmp/ats/cache 32M' >/tmp/ats/etc/storage.config
chmod -R a+rX /tmp/ats/etc
mount --bind /tmp/ats/etc /etc/trafficserver

cat >/tmp/ask.py <<'PY'
import socket, sys, time

name, port = sys.argv[1], int(sys.argv[2])
for end, host in (('refused', '127.0.0.8:443'), ('silent', '127.0.0.9:443')):
    for _ in range(100):
        try:
            client = socket.create_connection(('127.0.0.1', port))
            break
        except ConnectionRefusedError:
            time.sleep(0.2)
    client.settimeout(4)
    client.sendall(f'CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
    told = []
    try:
        while data := client.recv(65536):
            if not told:
                told.append(data.split(b' ')[1].decode())
        told.append('the end')
    except TimeoutError:
        told.append('nothing within 4 s')
    print(f'{name}, {end}: {", then ".join(told)}')
PY
squid -N -f /tmp/squid.conf >/dev/null 2>&1 &
traffic_server >/dev/null 2>&1 &
seen=$(python3 /tmp/ask.py squid 3128 && python3 /tmp/ask.py trafficserver 8080)
echo "$seen"
expected='squid, refused: 503, then the end
squid, silent: nothing within 4 s
trafficserver, refused: 200, then the end
trafficserver, silent: 200, then nothing within 4 s'
[ "$seen" = "$expected" ] || { echo 'changed: these proxies answer CONNECT otherwise'; exit 1; }
