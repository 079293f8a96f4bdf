import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCapture } from '../make-capture.mjs';
import { measure } from '../measure.mjs';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** `rushhour pcap` beside tshark, which has to be there, over one capture of headers. */
export const pcap = {
  name: 'pcap',
  about:
    'reading a capture of headers: time and peak memory of tshark -q -z conv,tcp divided by those of rushhour pcap, and its own peak in MiB',
  better: 'more',
  async *measure({ quick, scratch, cpu }) {
    const file = join(scratch, 'headers.pcap');
    makeCapture(file, quick ? 30e6 : 200e6);
    try {
      const where = { cpu, scratch };
      const own = await measure([process.execPath, MAIN, 'pcap', file, '--json'], where);
      const theirs = await measure(['tshark', '-q', '-n', '-r', file, '-z', 'conv,tcp'], where);
      const cpuUs = ({ userUs, systemUs }) => userUs + systemUs;
      yield ['tshark, CPU', cpuUs(theirs) / cpuUs(own)];
      yield ['tshark, wall', theirs.wallUs / own.wallUs];
      yield ['tshark, peak', theirs.peakKiB / own.peakKiB];
      yield ['peak MiB', own.peakKiB / 1_024, 'less'];
    } finally {
      await rm(file, { force: true });
    }
  },
};
