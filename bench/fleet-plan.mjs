const DAY_SEC = 86_400;

/**
 * What 10,000 probes of a frame a second come to, from what was measured: on paper, each figure in proportion.
 *
 * @param {{ probes: number, seconds: number, frames: number, stored: { runMessages: number, runBytes: number, diskBytes: number },
 *   run: { serverCores: number, messagesPerSec: number, serverRssMiB: number }, idle: { serverRssMiB: number } }} measured
 * @param {number} probes
 */
export function planFleet({ frames, stored, run, idle, probes: measured }, probes = 10_000) {
  const [messageBytes, frameMessages] = [stored.runBytes / stored.runMessages, stored.runMessages / frames];
  const messagesPerSec = probes * frameMessages;
  const bytesPerSec = messagesPerSec * messageBytes;
  const coresPerMessage = run.serverCores / run.messagesPerSec;
  const rows = [
    ['bytes of a message', messageBytes.toFixed(0)],
    ['messages for a frame', frameMessages.toFixed(2)],
    ['messages/s', messagesPerSec.toFixed(0)],
    ['MB/s into the stream', (bytesPerSec / 1e6).toFixed(1)],
    ['GB a day', ((bytesPerSec * DAY_SEC) / 1e9).toFixed(0)],
    ['minutes until a stream of 4 GiB is full', (2 ** 32 / bytesPerSec / 60).toFixed(1)],
    ['cores of the server', (messagesPerSec * coresPerMessage).toFixed(1)],
    ['MiB of the server, connections', ((idle.serverRssMiB / measured) * probes).toFixed(0)],
    ['three servers, three copies: MB/s to each disk', (bytesPerSec / 1e6).toFixed(1)],
    ['three servers: MB/s between them', ((2 * bytesPerSec) / 1e6).toFixed(1)],
  ];
  return [
    `${probes} probes x 1 frame/s, on paper:`,
    ...rows.map(([what, figure]) => `  ${what.padEnd(48)}${figure.padStart(10)}`),
  ].join('\n');
}
