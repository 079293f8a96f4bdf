#!/usr/bin/env bash
# tshark shows wrong times for a pcapng whose clock ticks in picoseconds: the fraction of a second is multiplied by 10^9 before
# it is divided, and overflows 64 bits above 18 ms. Half a second past becomes 1.9 ms past. Nothing warns, and seconds are right,
# so that the frames still look sorted second by second and only delays within a second are nonsense. tcpdump reads the same
# file right, and both are right up to 10^-10 s.
#
# Seen with TShark 4.0.17 and tcpdump 4.99.3 and 4.99.5 (libpcap 1.10.3, 1.10.5), times of six frames:
#   0.000000001 0.018000000 0.500000000 0.999999999 1.000000000 1.500000000   written, and read by tcpdump
#   0.000000001 0.018000000 0.001937910 0.003875820 1.000000000 1.001937910   read by tshark
#
# Needs: tshark, tcpdump, python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$work/picoseconds.pcapng" <<'PY'
import struct, sys

def block(kind, body):
    length = len(body) + 12
    return struct.pack('<II', kind, length) + body + struct.pack('<I', length)

# if_tsresol (9): 10^-12 s.
options = struct.pack('<HHBxxxHH', 9, 1, 12, 0, 0)
frame = bytes(60)
with open(sys.argv[1], 'wb') as file:
    file.write(block(0x0A0D0D0A, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1)))
    file.write(block(1, struct.pack('<HHI', 1, 0, 0) + options))
    for ticks in (10**3, 18 * 10**9, 10**12 // 2, 10**12 - 1, 10**12, 10**12 + 10**12 // 2):
        file.write(block(6, struct.pack('<IIIII', 0, ticks >> 32, ticks & 0xFFFFFFFF, 60, 60) + frame))
PY

by_tcpdump=$(tcpdump -nn -tt --nano -r "$work/picoseconds.pcapng" 2>/dev/null | cut -d' ' -f1 | paste -sd' ')
by_tshark=$(tshark -r "$work/picoseconds.pcapng" -T fields -e frame.time_epoch 2>/dev/null | paste -sd' ')
# head would end the pipe before tshark has said all.
version=$(tshark --version 2>/dev/null)
echo "${version%%$'\n'*}; $(tcpdump --version 2>&1 | paste -sd' ')"
echo "read by tcpdump: $by_tcpdump"
echo "read by tshark:  $by_tshark"
[ "$by_tcpdump" = '0.000000001 0.018000000 0.500000000 0.999999999 1.000000000 1.500000000' ] &&
  [ "$by_tshark" = '0.000000001 0.018000000 0.001937910 0.003875820 1.000000000 1.001937910' ] ||
  { echo 'changed: the two no longer differ so' >&2; exit 1; }
