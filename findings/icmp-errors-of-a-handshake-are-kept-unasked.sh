#!/usr/bin/env bash
# Over IPv4, Linux keeps the ICMP error that ended a TCP handshake in the socket's error queue though nobody set
# IP_RECVERR: type, code and sender can be read with MSG_ERRQUEUE from any socket. Over IPv6 the queue stays empty unless
# IPV6_RECVERR was set before. (ip(7) and ipv6(7) give both options the same meaning.)
#
# Seen on Linux 6.18, nftables 1.0.6:
#   IPv4, option not set: ICMP 3/3; option set: ICMP 3/3
#   IPv6, option not set: nothing kept; option set: ICMP 1/4
#
# Needs: root, iproute2, nftables, python3. Everything happens on the loopback of a network namespace of its own.
set -euo pipefail
if [ "${1:-}" != inside ]; then exec unshare --net bash "$0" inside; fi
ip link set lo up
nft -f - <<'NFT'
table inet refuse {
  chain input {
    type filter hook input priority 0;
    tcp dport 8080 tcp flags & (syn|ack) == syn reject
  }
}
NFT

echo "Linux $(uname -r), $(nft --version)"
python3 - <<'PY'
import errno, select, socket, struct, sys

IP_RECVERR, IPV6_RECVERR = 11, 25

def kept(family, asks):
    """Type and code of the ICMP error in the queue of a socket whose connection was refused."""
    is6 = family == socket.AF_INET6
    client = socket.socket(family)
    client.setblocking(False)
    level, option = (socket.IPPROTO_IPV6, IPV6_RECVERR) if is6 else (socket.IPPROTO_IP, IP_RECVERR)
    if asks:
        client.setsockopt(level, option, 1)
    client.connect_ex(('::1' if is6 else '127.0.0.1', 8080))
    poll = select.poll()
    poll.register(client, select.POLLOUT)
    if not poll.poll(10_000):
        raise SystemExit('no answer: the rule did not refuse')
    failed = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if failed != errno.ECONNREFUSED:
        raise SystemExit(f'refused otherwise: {errno.errorcode.get(failed, failed)}')
    try:
        _, controls, _, _ = client.recvmsg(512, 512, socket.MSG_ERRQUEUE)
    except BlockingIOError:
        return 'nothing kept'
    for at, kind, data in controls:
        if (at, kind) == (level, option):
            _, _, icmp_type, code = struct.unpack('=IBBB', data[:7])
            return f'ICMP {icmp_type}/{code}'
    return 'no ICMP error'

seen = {}
for family, name in ((socket.AF_INET, 'IPv4'), (socket.AF_INET6, 'IPv6')):
    for asks in (False, True):
        seen[name, asks] = kept(family, asks)
        print(f'{name}, option {"set" if asks else "not set"}: {seen[name, asks]}')
expected = {
    ('IPv4', False): 'ICMP 3/3', ('IPv4', True): 'ICMP 3/3',
    ('IPv6', False): 'nothing kept', ('IPv6', True): 'ICMP 1/4',
}
sys.exit(0 if seen == expected else 'changed: the queues hold something else')
PY
