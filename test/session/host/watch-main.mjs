// Watches endpoints (JSON, first argument) through the built watch, and prints a line of JSON for whatever it tells: for
// network namespaces, and for clocks that are not the machine's.
import { createSessionClock } from '../../../dist/session/host/clocks.js';
import { createHostWatch } from '../../../dist/session/host/host-watch.js';

const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

let last = 0;
const watch = createHostWatch({
  clock: createSessionClock(),
  onBegin: (hostEvent) => {
    last += 1;
    tell({ id: last, ...hostEvent });
    return last;
  },
  onEnd: (id, toSec) => tell({ id, toSec }),
  onNewSegment: () => tell({ newLeg: true }),
  onNote: (note) => tell({ note }),
});
const endpoints = JSON.parse(process.argv[2]);
watch.use({ endpoints, unbound: endpoints, sources: [], names: new Map() });
// Its own timer looks; how often it has is told as well.
const { check } = watch;
let looks = 0;
watch.check = () => {
  check.call(watch);
  looks += 1;
  tell({ looks });
};
watch.start();
// Ends with whoever started it.
process.once('disconnect', () => process.exit());
