// Watches endpoints (JSON, first argument) through the built watch, and prints a line of JSON for whatever it tells: for
// network namespaces, and for clocks that are not the machine's.
import { createNightClock } from '../../../dist/session/host/clocks.js';
import { createNightWatch } from '../../../dist/session/host/host-watch.js';

const tell = (told) => process.stdout.write(`${JSON.stringify(told)}\n`);

let last = 0;
const watch = createNightWatch({
  clock: createNightClock(),
  onBegin: (happening) => {
    last += 1;
    tell({ id: last, ...happening });
    return last;
  },
  onEnd: (id, toSec) => tell({ id, toSec }),
  onNewLeg: () => tell({ newLeg: true }),
  onNote: (note) => tell({ note }),
});
const endpoints = JSON.parse(process.argv[2]);
watch.use({ endpoints, unbound: endpoints, sources: [], names: new Map() });
watch.start();
// Its first look finds the routes, its second is what others are held against.
setTimeout(() => tell({ watching: true }), 1_500);
// Ends with whoever started it.
process.once('disconnect', () => process.exit());
