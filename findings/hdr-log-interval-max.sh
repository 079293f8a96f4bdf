#!/usr/bin/env bash
# hdr-histogram-js 3.0.1 and HdrHistogram 2.1.11 (Java) write the same histogram to the same log format (1.3), with the same
# compressed bytes inside, yet their Interval_Max columns differ by a factor of 1,000: where no ratio is given, JavaScript
# divides the largest value by 1,000 and Java by 1,000,000. Neither log says which it was. Who plots the column without
# decoding takes microseconds written by the one for milliseconds and by the other for seconds.
#
# Seen: JavaScript 2500.000, Java 2.501, for a largest value of 2,500,000 (Java rounds up within its bucket).
#
# Needs: Node, npm, Debian's apt-get and a Java runtime (11 or newer runs a source file by itself).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm init -y >/dev/null
npm install --silent --no-audit --no-fund hdr-histogram-js@3.0.1
apt-get -qq -o APT::Sandbox::User=root download libhdrhistogram-java
dpkg-deb -x libhdrhistogram-java_*.deb java
jar=$(find java -iname 'hdrhistogram-2.1.11.jar' | head -n 1)
[ -n "$jar" ] || { echo 'this release of Debian has another HdrHistogram than 2.1.11'; exit 1; }

cat >write.cjs <<'JS'
const { build, HistogramLogWriter } = require('hdr-histogram-js');
const histogram = build();
histogram.recordValue(1000);
histogram.recordValue(2500000);
new HistogramLogWriter((line) => process.stdout.write(line)).outputIntervalHistogram(histogram, 0, 1);
JS
cat >Write.java <<'JAVA'
import org.HdrHistogram.*;
public class Write {
  public static void main(String[] args) {
    Histogram histogram = new Histogram(3);
    histogram.recordValue(1000);
    histogram.recordValue(2500000);
    new HistogramLogWriter(System.out).outputIntervalHistogram(0.0, 1.0, histogram);
  }
}
JAVA
js=$(node write.cjs | cut -d, -f3)
java=$(java -cp "$jar" Write.java | cut -d, -f3)
echo "Interval_Max by hdr-histogram-js 3.0.1: $js; by HdrHistogram 2.1.11: $java"
awk -v js="$js" -v java="$java" 'BEGIN { ratio = js / java; exit !(ratio > 999 && ratio < 1001) }' ||
  { echo 'changed: the two no longer differ by a factor of 1,000'; exit 1; }
