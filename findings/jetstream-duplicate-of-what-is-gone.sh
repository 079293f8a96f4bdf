#!/usr/bin/env bash
# JetStream's de-duplication remembers ids, not messages. Once a message is gone (acknowledged on a work queue, discarded by a
# limit, or purged), publishing it again under its id within the window is acknowledged as "duplicate" with the sequence
# number of the message that no longer exists, and stores nothing. After a restart the ids are read back from what the
# stream still holds: the same publish is then stored. A publisher that takes a duplicate's acknowledgement for "the server
# has it" is wrong in the first case; a consumer that relies on the window alone sees the message twice in the second.
#
# Seen with nats-server 2.9.10 of Debian 12 and npm nats 2.29.3:
#   kept: duplicate, sequence 1, holds it: yes; after a restart: duplicate, sequence 1
#   discarded by limit: duplicate, sequence 1, holds it: no; after a restart: stored
#   purged: duplicate, sequence 1, holds it: no; after a restart: stored
#   acknowledged on a work queue: duplicate, sequence 1, holds it: no; after a restart: stored
#
# Needs: amd64 Debian 12, Node 20, npm. The server listens on loopback, port 14222.
set -euo pipefail
folder=$(mktemp -d)
server=
finish() { [ -z "$server" ] || kill "$server" 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$folder"; }
trap finish EXIT
cd "$folder"
apt-get download -q nats-server=2.9.10-1+b3 > /dev/null 2>&1
dpkg-deb -x nats-server_*.deb root
npm install --silent --no-audit --no-fund --prefix . nats@2.29.3 > /dev/null
start() { root/usr/sbin/nats-server -js -sd "$folder/store" -a 127.0.0.1 -p 14222 > server.log 2>&1 & server=$!; }
stop() { kill "$server"; wait "$server" 2> /dev/null || true; server=; }
cat > try.mjs <<'JS'
import { readFile, writeFile } from 'node:fs/promises';
import { connect, nanos } from 'nats';

const WAYS = {
  kept: { stream: {} },
  'discarded by limit': { stream: { max_msgs: 1 }, lose: (js) => js.publish('limit', 'another') },
  purged: { stream: {}, lose: (_js, jsm) => jsm.streams.purge('purged') },
  'acknowledged on a work queue': { stream: { retention: 'workqueue' }, lose: acknowledge },
};

async function acknowledge(js, jsm) {
  await jsm.consumers.add('queue', { durable_name: 'worker', ack_policy: 'explicit' });
  const message = await (await js.consumers.get('queue', 'worker')).next({ expires: 5_000 });
  if (!(await message.ackAck())) throw new Error('not acknowledged');
}

const nameOf = (way) => way.split(' ').at(-1);
const publish = (js, way) => js.publish(nameOf(way), 'a second of a run', { msgID: `${way} 1` });
const tell = ({ duplicate, seq }) => (duplicate ? `duplicate, sequence ${seq}` : 'stored');

const connection = await connect({ servers: '127.0.0.1:14222', maxReconnectAttempts: 0, waitOnFirstConnect: true });
const js = connection.jetstream();
const jsm = await connection.jetstreamManager();
if (process.argv[2] === 'before') {
  const seen = {};
  for (const [way, { stream, lose }] of Object.entries(WAYS)) {
    const name = nameOf(way);
    await jsm.streams.add({ name, subjects: [name], duplicate_window: nanos(120_000), ...stream });
    const first = await publish(js, way);
    if (first.duplicate || first.seq !== 1) throw new Error(`the first was not stored: ${way}`);
    await lose?.(js, jsm);
    const again = await publish(js, way);
    const holds = await jsm.streams.getMessage(name, { seq: again.seq }).then(() => 'yes', () => 'no');
    seen[way] = `${tell(again)}, holds it: ${holds}`;
  }
  await writeFile('before.json', JSON.stringify(seen));
} else {
  const before = JSON.parse(await readFile('before.json', 'utf8'));
  for (const way of Object.keys(WAYS)) {
    console.log(`${way}: ${before[way]}; after a restart: ${tell(await publish(js, way))}`);
  }
}
await connection.close();
JS
root/usr/sbin/nats-server --version
start
sleep 1
timeout 60 node try.mjs before
stop
start
sleep 1
timeout 60 node try.mjs after | tee seen
diff seen - <<'EXPECTED' || { echo 'changed' >&2; exit 1; }
kept: duplicate, sequence 1, holds it: yes; after a restart: duplicate, sequence 1
discarded by limit: duplicate, sequence 1, holds it: no; after a restart: stored
purged: duplicate, sequence 1, holds it: no; after a restart: stored
acknowledged on a work queue: duplicate, sequence 1, holds it: no; after a restart: stored
EXPECTED
