/** Publishes messages of a run again, without the ids by which the server would know them: `repeat.mjs CREDENTIALS-DIR PROBE RUN 0..1`. */
import { join } from 'node:path';
import { connectFleet } from '../../../dist/fleet/connect.js';
import { readCredentials } from '../../../dist/fleet/credentials.js';
import { readStream } from '../../../dist/fleet/operator/read-stream.js';
import { STREAMS, SUBJECTS } from '../../../dist/fleet/protocol.js';

const MOST = 20;

const [dir, probe, fleetRun, random] = process.argv.slice(2);
const connect = async (who) =>
  connectFleet(await readCredentials(join(dir, `${who}.json`)), { isPatient: false });
try {
  const [operator, own] = [await connect('operator'), await connect(probe)];
  const messages = [];
  for (const [{ name }, subject, link] of [
    [STREAMS.orders, SUBJECTS.order, operator],
    [STREAMS.events, SUBJECTS.event, own],
    [STREAMS.runs, SUBJECTS.run, own],
  ])
    await readStream(operator, { stream: name, filter: subject(probe, fleetRun) }, (message) => {
      messages.push({ subject: message.subject, data: message.data.slice(), link });
    });
  const from = Math.floor(messages.length * Number(random));
  const chosen = [...messages.slice(0, 1), ...messages.slice(from, from + MOST)];
  for (const { subject, data, link } of chosen) await link.jetstream.publish(subject, data);
  process.stdout.write(String(chosen.length));
} catch {
  // The server may be away just now.
  process.stdout.write('0');
}
process.exit();
