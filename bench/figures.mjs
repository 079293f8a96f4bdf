/**
 * Pure: rounds in, figures out.
 *
 * @typedef {object} Round one tool's turn in one round
 * @property {number} completed
 * @property {number} failed
 * @property {number} served what the server counted meanwhile
 * @property {number} seconds of load, by the tool's own clock
 * @property {number} wallSeconds of the whole process
 * @property {number} userUs
 * @property {number} systemUs
 * @property {number} peakKiB
 * @property {{ wallSeconds: number, userUs: number, systemUs: number } | undefined} startUp
 */

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * A tool's medians over its rounds. CPU is per completed connection; `net` leaves out what a run of one connection
 * costs, which a longer load spreads ever thinner.
 *
 * @param {Round[]} rounds at least one
 */
export function summarise(rounds) {
  const of = (figure) => median(rounds.map(figure));
  const perSec = rounds.map((round) => round.completed / round.seconds);
  const withStartUp = rounds.every((round) => round.startUp !== undefined);
  return {
    rounds: rounds.length,
    completed: of((round) => round.completed),
    failed: rounds.reduce((sum, round) => sum + round.failed, 0),
    served: of((round) => round.served),
    connectionsPerSec: median(perSec),
    connectionsPerSecMin: Math.min(...perSec),
    connectionsPerSecMax: Math.max(...perSec),
    wallConnectionsPerSec: of((round) => round.completed / round.wallSeconds),
    userUs: of((round) => round.userUs / round.completed),
    systemUs: of((round) => round.systemUs / round.completed),
    cpuUs: of((round) => (round.userUs + round.systemUs) / round.completed),
    peakMiB: of((round) => round.peakKiB / 1024),
    ...(withStartUp && {
      net: {
        userUs: of((round) => (round.userUs - round.startUp.userUs) / round.completed),
        systemUs: of((round) => (round.systemUs - round.startUp.systemUs) / round.completed),
        cpuUs: of(
          (round) =>
            (round.userUs + round.systemUs - round.startUp.userUs - round.startUp.systemUs) / round.completed,
        ),
      },
      startUp: {
        wallMs: of((round) => round.startUp.wallSeconds * 1e3),
        userMs: of((round) => round.startUp.userUs / 1e3),
        systemMs: of((round) => round.startUp.systemUs / 1e3),
      },
    }),
  };
}

/** The tools that the others are held against. */
export const YARDSTICKS = ['ab', 'floor'];

/**
 * Each tool's figures as a multiple of each yardstick's: connections/s (more is better), CPU and memory (less is).
 * Where start-up is known, `cpuNet` is held against the yardstick's gross figure: a C program has next to none.
 *
 * @param {Record<string, ReturnType<typeof summarise>>} tools
 */
export function addRatios(tools) {
  const ratiosTo = (tool, yardstick) => ({
    connectionsPerSec: tool.connectionsPerSec / yardstick.connectionsPerSec,
    cpu: tool.cpuUs / yardstick.cpuUs,
    ...(tool.net && { cpuNet: tool.net.cpuUs / yardstick.cpuUs }),
    peakMemory: tool.peakMiB / yardstick.peakMiB,
  });
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => {
      const present = YARDSTICKS.filter((yardstick) => tools[yardstick] !== undefined);
      return [name, { ...tool, to: Object.fromEntries(present.map((y) => [y, ratiosTo(tool, tools[y])])) }];
    }),
  );
}

/**
 * A line through points that lets no outlier pull it: the median of the slopes between points far apart (Theil and Sen,
 * thinned), and the median of what is left.
 *
 * @param {[number, number][]} points at least two
 */
export function fitLine(points) {
  const sorted = [...points].sort(([a], [b]) => a - b);
  const half = sorted.length >> 1;
  const slopes = sorted.slice(0, half).flatMap(([x, y], index) => {
    const [otherX, otherY] = sorted[index + half];
    return otherX > x ? [(otherY - y) / (otherX - x)] : [];
  });
  const slope = slopes.length === 0 ? 0 : median(slopes);
  return { slope, intercept: median(points.map(([x, y]) => y - slope * x)) };
}
