#!/usr/bin/env bash
# p0f names today's systems by options and window, whatever else contradicts. A SYN of Windows 11 as captured (window 65,535, scale
# 8) is "Windows NT kernel 5.x", which is Windows 2000 and XP; with the window of Windows 10 (64,240) it is "Windows NT kernel". With
# the TTL of Linux it is Windows all the same, and one of Linux with the TTL of Windows is Linux: "fuzzy" is all that it says of that.
# Who tells clients apart by it, or tests an imitation by it, has to look at raw_sig as well.
#
# Seen with p0f 3.09b (Debian 12), whose newest signatures are of 2012.
#
# Needs: p0f, python3. Reads a file that it wrote itself; sends nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
p0f=$(PATH=$PATH:/usr/sbin command -v p0f)
{ "$p0f" -h 2>&1 || true; } | head -n 1

python3 - "$folder/syn.pcap" <<'PY'
import struct, sys

WINDOWS = bytes.fromhex('020405b4010303080101' '0402')
LINUX = bytes.fromhex('020405b40402080a' '1122334400000000' '01030307')

def syn(port, ttl, window, options):
    tcp = struct.pack('!HHIIHHHH', port, 80, 1, 0, (20 + len(options)) // 4 << 12 | 2, window, 0, 0) + options
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(tcp), 0x1234, 0x4000, ttl, 6, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    return bytes.fromhex('020000000002' '020000000001' '0800') + ip + tcp

with open(sys.argv[1], 'wb') as capture:
    capture.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    syns = [syn(1, 128, 65535, WINDOWS), syn(2, 128, 64240, WINDOWS), syn(3, 64, 64240, WINDOWS), syn(4, 128, 64240, LINUX)]
    for at, frame in enumerate(syns):
        capture.write(struct.pack('<IIII', 1700000000 + at, 0, len(frame), len(frame)) + frame)
PY
"$p0f" -r "$folder/syn.pcap" -o "$folder/log" >/dev/null
seen=$(sed -n 's/.*mod=syn|cli=[^/]*\/\([0-9]*\)|.*|os=\([^|]*\)|.*|params=\([^|]*\)|.*/\1 \2 (\3)/p' "$folder/log")
echo "$seen"
expected='1 Windows NT kernel 5.x (generic)
2 Windows NT kernel (generic)
3 Windows NT kernel (generic fuzzy)
4 Linux 2.2.x-3.x (generic fuzzy)'
[ "$seen" = "$expected" ] || { echo 'changed: p0f reads these SYNs otherwise'; exit 1; }
