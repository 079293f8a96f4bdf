#!/usr/bin/env bash
# One bad line in a batch of line protocol. InfluxDB 1 answers 400, though it has kept the other lines; its "dropped=" counts what it could
# not store and not what it could not read, so that it says dropped=0 of a line that is gone. VictoriaMetrics answers 204: it leaves a line that it
# cannot read out, and stores a text as the number 0. By neither status can a client tell whether something was lost, nor
# whether sending again would help.
#
# Seen with InfluxDB 1.6.7 and VictoriaMetrics 1.79.5 of Debian 12: 400 with dropped=1 for a text where a number had been, 400 with dropped=0 for a
# line without fields, all other lines kept; 204 both times, and 0 for the text.
#
# Needs: amd64 Debian 12, curl. Both listen on loopback, ports 18086, 18088 and 18428.
set -euo pipefail
folder=$(mktemp -d)
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done; wait 2> /dev/null || true; rm -rf "$folder"; }
trap finish EXIT
cd "$folder"
apt-get download -q influxdb=1.6.7~rc0-1+b13 victoria-metrics=1.79.5+ds1-2+b5 > /dev/null 2>&1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat > influxdb.conf <<CONF
reporting-disabled = true
bind-address = "127.0.0.1:18088"
[meta]
  dir = "$folder/influx/meta"
[data]
  dir = "$folder/influx/data"
  wal-dir = "$folder/influx/wal"
[http]
  bind-address = "127.0.0.1:18086"
CONF
root/usr/bin/influxd run -config influxdb.conf > influx.log 2>&1 & pids+=($!)
root/usr/bin/victoria-metrics -storageDataPath="$folder/vm" -httpListenAddr=127.0.0.1:18428 -search.latencyOffset=0s -memory.allowedBytes=100000000 > vm.log 2>&1 & pids+=($!)
await() { for _ in $(seq 150); do if curl -s -o /dev/null "$1"; then return; fi; sleep 0.2; done; echo "not up: $1"; exit 1; }
await http://127.0.0.1:18086/ping
await http://127.0.0.1:18428/health
curl -s -o /dev/null -d 'q=CREATE DATABASE d' http://127.0.0.1:18086/query
now=$(date +%s)000000000
printf 'seen value=1i %s\n' "$now" > first
printf 'seen,at=a value=2i %s\nseen,at=b value="text" %s\nseen,at=c value=3i %s\n' "$now" "$now" "$now" > conflict
printf 'seen,at=d value=4i %s\nno line protocol\nseen,at=e value=5i %s\n' "$now" "$now" > broken
write() { curl -s -o answer -w '%{http_code}' --data-binary "@$1" "$2"; }
said=''
for name in first conflict broken; do
  said+="$name: InfluxDB $(write "$name" 'http://127.0.0.1:18086/write?db=d') $(grep -o 'dropped=[0-9]*' answer || true)"
  said+=", VictoriaMetrics $(write "$name" 'http://127.0.0.1:18428/write?db=d')"$'\n'
done
curl -s -o /dev/null http://127.0.0.1:18428/internal/force_flush
said+="InfluxDB keeps $(curl -s 'http://127.0.0.1:18086/query?db=d' --data-urlencode 'q=SELECT at, value FROM seen' |
  grep -oE '"?(null|[a-e])"?,[0-9]\]' | tr -d '"]' | sort | paste -sd ' ')"$'\n'
said+="VictoriaMetrics keeps $(curl -s http://127.0.0.1:18428/api/v1/query --data-urlencode 'query=seen_value{at!=""}' |
  grep -oE '"at":"[a-e]"[^[]*\[[0-9.]*,"[0-9]"' | sed -E 's/"at":"(.)".*"(.)"/\1,\2/' | sort | paste -sd ' ')"
echo "$said"
seen='first: InfluxDB 204 , VictoriaMetrics 204
conflict: InfluxDB 400 dropped=1, VictoriaMetrics 204
broken: InfluxDB 400 dropped=0, VictoriaMetrics 204
InfluxDB keeps a,2 c,3 d,4 e,5 null,1
VictoriaMetrics keeps a,2 b,0 c,3 d,4 e,5'
if [ "$said" != "$seen" ]; then
  echo 'changed: one bad line is told, or stored, in another way'
  exit 1
fi
