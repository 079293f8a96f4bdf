import { join } from 'node:path';
import { compile, findTool } from './compile.mjs';

/**
 * What one round asks of a tool.
 *
 * @typedef {object} Load
 * @property {string} url
 * @property {number} port of 127.0.0.1
 * @property {number} requests
 * @property {number} concurrency
 * @property {number} floorPerSec what the floor reached in the warm-up; sizes the loads of tools that take no count
 * @property {string} scratch a folder the tool may write to
 *
 * What a tool says of its own load, start-up and shut-down left out.
 * @typedef {{ completed: number, failed: number, seconds: number }} Told
 *
 * @typedef {object} Tool
 * @property {string} note what to know when reading its row
 * @property {() => string | undefined} find its path, undefined where it is missing
 * @property {boolean} [timed] it runs for a time, not a count
 * @property {(path: string, load: Load) => string[]} command
 * @property {(output: string) => Told} read
 * @property {(path: string, load: Load) => string[]} [startUp] a run of one connection, where start-up is worth parting
 */

const RUSHHOUR = join(import.meta.dirname, '..', 'bin', 'rushhour');

/** wrk stops after a time, not a count: long enough to come near the count, within these bounds (whole seconds). */
const secondsFor = ({ requests, floorPerSec }) =>
  Math.min(60, Math.max(1, Math.round(requests / (0.8 * floorPerSec))));

/**
 * httperf offers a rate, whatever answers, and fails above 1,021 open connections (select(2), FD_SETSIZE): at the
 * machine's limit its queue grows until it loses connections, so it is given a rate that it can hold.
 */
const offeredRate = ({ floorPerSec }) => Math.max(1, Math.round(0.5 * floorPerSec));

/**
 * A figure that a tool printed.
 *
 * @param {string} output
 * @param {RegExp} pattern with one group
 * @throws where it is not there: a tool whose output has changed must not count as zero
 */
function figure(output, pattern) {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in its output:\n${output.slice(-2000)}`);
  return Number(found);
}

/** As `figure`, for what a tool prints only where there was any. */
const optionalFigure = (output, pattern) => Number(pattern.exec(output)?.[1] ?? 0);

const hit = (path, { url, concurrency, scratch }, requests) => [
  path,
  ...['hit', url, '-n', String(requests), '-c', String(Math.min(concurrency, requests))],
  ...['--workers', '1', '--results', scratch, '--json', '--quiet'],
];

/** @param {string} output of `rushhour hit --json` */
function readHit(output) {
  const [arm] = Object.values(JSON.parse(output).arms);
  return {
    completed: arm.completed,
    failed: arm.scheduled - arm.completed,
    seconds: arm.started / arm.achievedPerSec,
  };
}

const floorCommand = (path, { port, requests, concurrency }) => [
  path,
  ...['127.0.0.1', String(port), String(requests), String(concurrency)],
];

function readFloor(output) {
  const { completed, failed, seconds } = JSON.parse(output);
  return { completed, failed, seconds };
}

/** @type {Record<string, Tool>} in the order in which a round runs them */
export const TOOLS = {
  rushhour: {
    note: 'one worker; seconds = started / achievedPerSec of its summary',
    find: () => findTool('node') && RUSHHOUR,
    command: (path, load) => hit(path, load, load.requests),
    startUp: (path, load) => hit(path, load, 1),
    read: readHit,
  },
  ab: {
    note: 'HTTP/1.0, so the server closes; seconds = "Time taken for tests"',
    find: () => findTool('ab'),
    command: (path, { url, requests, concurrency }) => [
      path,
      ...['-q', '-n', String(requests), '-c', String(concurrency), url],
    ],
    read: (output) => ({
      completed: figure(output, /Complete requests:\s+(\d+)/),
      failed: figure(output, /Failed requests:\s+(\d+)/),
      seconds: figure(output, /Time taken for tests:\s+([\d.]+)/),
    }),
  },
  wrk: {
    timed: true,
    note: 'runs for a time, not a count: the server has seen a few more than it completed',
    find: () => findTool('wrk'),
    command: (path, load) => [
      path,
      ...['-t1', `-c${load.concurrency}`, `-d${secondsFor(load)}s`, '-H', 'Connection: close', load.url],
    ],
    read: (output) => ({
      completed: figure(output, /(\d+) requests in/),
      failed:
        output
          .match(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/)
          ?.slice(1)
          .reduce((sum, count) => sum + Number(count), 0) ?? 0,
      seconds: figure(output, /requests in ([\d.]+)s/),
    }),
  },
  hey: {
    note: 'a full HTTP client; rounds the count down to a multiple of the concurrency',
    find: () => findTool('hey'),
    command: (path, { url, requests, concurrency }) => [
      path,
      ...['-n', String(requests), '-c', String(concurrency), '-disable-keepalive', '-cpus', '1', url],
    ],
    read: (output) => ({
      completed: figure(output, /\[200\]\s+(\d+) responses/),
      failed: optionalFigure(output, /Error distribution:\s+\[(\d+)\]/),
      seconds: figure(output, /Total:\s+([\d.]+) secs/),
    }),
  },
  httperf: {
    note: "offers half the floor's rate, so its connections/s are given, not reached; it polls without sleeping, so it uses its whole core at any rate",
    find: () => findTool('httperf'),
    command: (path, load) => [
      path,
      ...['--hog', '--server', '127.0.0.1', '--port', String(load.port), '--uri', '/'],
      ...['--num-conns', String(load.requests), '--num-calls', '1', '--timeout', '5'],
      ...['--rate', String(offeredRate(load)), '--add-header', 'Connection: close\\n'],
    ],
    read: (output) => ({
      completed: figure(output, /Reply status:.* 2xx=(\d+)/),
      failed: figure(output, /Errors: total (\d+)/),
      seconds: figure(output, /test-duration ([\d.]+) s/),
    }),
  },
  floor: {
    note: 'minimal C epoll client',
    find: () => compile('floor'),
    command: floorCommand,
    read: readFloor,
  },
  'floor+info': {
    note: 'the same, reading TCP_INFO of each connection',
    find: () => compile('floor'),
    command: (path, load) => [...floorCommand(path, load), '--tcp-info'],
    read: readFloor,
  },
  'floor+poll': {
    note: "the same on poll(2), as rushhour's new sockets are",
    find: () => compile('floor'),
    command: (path, load) => [...floorCommand(path, load), '--tcp-info', '--poll'],
    read: readFloor,
  },
};
