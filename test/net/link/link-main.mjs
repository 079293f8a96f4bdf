// Calls built functions of net/link in a network namespace: a line of JSON on stdout for a line of JSON on stdin. What was
// made stays until the process ends.
import { createInterface } from 'node:readline';

const load = (name) => import(new URL(`../../../dist/net/link/${name}.js`, import.meta.url));
const kept = new Map();

const calls = {
  async findLinkRoute(...args) {
    return (await load('find-link-path')).findLinkRoute(...args);
  },
  async findLinkPath(...args) {
    return (await load('find-link-path')).findLinkPath(...args);
  },
  async listInterfaces() {
    return (await load('interfaces')).listInterfaces();
  },
  async findConflicts(name, addresses) {
    const link = (await load('interfaces')).findInterface(name);
    return (await load('find-conflicts')).findConflicts(link, addresses);
  },
  async whyNoGuard() {
    return (await load('guard')).whyNoGuard() ?? null;
  },
  async setGuard(traffic) {
    const guard = (await load('guard')).setGuard(traffic);
    kept.set(guard.table, guard);
    return guard.table;
  },
  async release(table) {
    kept.get(table).release();
  },
  async startResponder(name, addresses, nextHops) {
    const link = (await load('interfaces')).findInterface(name);
    const conflicts = [];
    const onConflict = (conflict) => conflicts.push(conflict);
    const responder = await (await load('responder')).startResponder({
      link,
      addresses,
      nextHops,
      onConflict,
    });
    kept.set('responder', { responder, conflicts });
    return responder.unanswered;
  },
  async responderState() {
    const { responder, conflicts } = kept.get('responder');
    return { answered: responder.answered, conflicts };
  },
  async stopResponder() {
    await kept.get('responder').responder.stop();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await calls[call](...args)) ?? null };
  } catch (error) {
    answer = {
      error: { name: error.name, message: error.message, hint: error.hint, exitCode: error.exitCode },
    };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
