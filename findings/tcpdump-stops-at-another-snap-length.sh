#!/usr/bin/env bash
# tcpdump (libpcap) stops reading a pcapng at the description of a second interface that has another snap length than the
# first, although each interface of a pcapng has its own. What follows is lost, frames of the first interface too; a pipe such as
# `tcpdump -r FILE | wc -l` shows a smaller number and no failure, for the reason goes to standard error. The same happens at a
# section of the other byte order, as when captures of two machines are joined, and the reason given is then a block of an
# absurd size. tshark reads both files whole.
#
# Seen with tcpdump 4.99.3 and 4.99.5 (libpcap 1.10.3, 1.10.5) and TShark 4.0.17, three frames in each file:
#   another snap length: tcpdump 1 frame, exit code 1 (an interface has a snapshot length 128 different from ...); tshark 3
#   another byte order: tcpdump 1 frame, exit code 1 (pcapng block size 469762048 > maximum 16777216); tshark 3
#
# Needs: tcpdump, tshark, python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$work" <<'PY'
import struct, sys

class Order:
    def __init__(self, mark):
        self.mark = mark

    def block(self, kind, form, *values, data=b''):
        body = struct.pack(self.mark + form, *values) + data
        length = struct.pack(self.mark + 'I', len(body) + 12)
        return struct.pack(self.mark + 'I', kind) + length + body + length

    def section(self):
        return self.block(0x0A0D0D0A, 'IHHq', 0x1A2B3C4D, 1, 0, -1)

    def interface(self, snap_length):
        return self.block(1, 'HHI', 1, 0, snap_length)

    def frame(self, index):
        return self.block(6, 'IIIII', index, 0, 0, 60, 60, data=bytes(60))

little, big = Order('<'), Order('>')
with open(f'{sys.argv[1]}/snap-length', 'wb') as file:
    file.write(little.section() + little.interface(96) + little.frame(0))
    file.write(little.interface(128) + little.frame(1) + little.frame(0))
with open(f'{sys.argv[1]}/byte-order', 'wb') as file:
    file.write(little.section() + little.interface(0) + little.frame(0))
    file.write(big.section() + big.interface(0) + big.frame(0) + big.frame(0))
PY

read_both() {
  local code=0 whole
  tcpdump -nn -r "$work/$1" >"$work/out" 2>"$work/err" || code=$?
  whole=$(tshark -r "$work/$1" -T fields -e frame.number 2>/dev/null | wc -l)
  echo "$1: tcpdump $(wc -l <"$work/out") frame(s), exit code $code ($(tail -n 1 "$work/err")); tshark $whole"
}

version=$(tshark --version 2>/dev/null)
echo "${version%%$'\n'*}; $(tcpdump --version 2>&1 | paste -sd' ')"
read_both snap-length | tee "$work/seen"
read_both byte-order | tee -a "$work/seen"
[ "$(grep -c 'tcpdump 1 frame(s), exit code 1 (.*); tshark 3$' "$work/seen")" = 2 ] ||
  { echo 'changed: tcpdump reads more of them' >&2; exit 1; }
