import { readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Arrivals } from '../../../src/evidence/peer/arrivals.ts';
import { recordNamespace } from '../../../src/evidence/peer/record-namespace.ts';
import { CaptureReader } from '../../../src/net/capture/capture-reader.ts';
import { loadLibc } from '../../../src/net/index.ts';
import { inNamespace } from '../../../src/net/namespace.ts';
import { startPeer } from '../../support/servers.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

/** The namespace that we are in: that of a lab is entered in test/lab. */
const OWN = '/proc/self/ns/net';
const application = 'rushhour test';

suiteNeeding('the handshakes in a network namespace', ['linux', 'root', 'npm:koffi'], () => {
  async function listen(): Promise<number> {
    const { port } = await startPeer({ request: (socket) => socket.end() });
    return port;
  }

  async function handshake(port: number): Promise<number> {
    const socket = connect({ host: '127.0.0.1', port });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket.localPort!;
  }

  function record(endpoints: readonly { host: string; port: number }[], mostPacketsPerSec?: number) {
    const pieces: Uint8Array[] = [];
    const lost: string[] = [];
    const recording = recordNamespace(
      { path: OWN, endpoints, application, mostPacketsPerSec },
      { bytes: (piece) => void pieces.push(piece), lost: (why) => void lost.push(why) },
    );
    onTestFinished(() => recording?.close());
    return { recording, pieces, lost };
  }

  it('are recorded as a whole capture, of the given ports alone', async () => {
    const [port, other] = [await listen(), await listen()];
    const { recording, pieces, lost } = record([
      { host: '127.0.0.1', port },
      { host: '192.0.2.1', port: other },
    ]);
    const from = await handshake(port);
    await handshake(other);
    const arrived = (): Set<string> => {
      const arrivals = new Arrivals();
      for (const piece of pieces) arrivals.take(piece);
      return new Set(arrivals.since(0).map((syn) => `${syn.port} to ${syn.toPort}`));
    };
    await expect.poll(arrived).toEqual(new Set([`${from} to ${port}`]));
    await recording!.finish();
    recording!.close();
    const reader = new CaptureReader(() => {});
    for (const piece of pieces) reader.push(piece);
    const { faults, dropped } = reader.end();
    expect([[...faults], dropped, lost]).toEqual([[], 0, []]);
  });

  it('are not recorded if the load goes elsewhere', async () => {
    expect(record([{ host: '192.0.2.1', port: 3128 }]).recording).toBeUndefined();
  });

  it('are recorded no longer at a rate that would slow the load', async () => {
    const port = await listen();
    const { lost, recording } = record([{ host: '127.0.0.1', port }], 1);
    await expect
      .poll(async () => {
        await handshake(port);
        return lost;
      })
      .toEqual(['more than 1 packets a second']);
    await recording!.finish();
  });

  it('leave this thread where it was, also if something fails there', () => {
    const before = readlinkSync('/proc/thread-self/ns/net');
    const fail = (): never => {
      throw new Error('there');
    };
    expect(() => inNamespace(loadLibc(), OWN, fail)).toThrow('there');
    expect(readlinkSync('/proc/thread-self/ns/net')).toBe(before);
    expect(() => inNamespace(loadLibc(), '/proc/self/ns/none', fail)).toThrow(/cannot be entered \(ENOENT/);
    expect(() => inNamespace(loadLibc(), '/proc/self/ns/uts', fail)).toThrow(
      /cannot be entered \(errno 22\)/,
    );
  });
});
