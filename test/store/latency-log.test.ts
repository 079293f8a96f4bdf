import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createHistogram, quantilesOf } from '../../src/metrics/histogram.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { FILES } from '../../src/store/files.ts';
import { formatLogHead, formatLogSecond, type LogLine, readLogLine } from '../../src/store/latency-log.ts';
import { histogramOf } from '../analysis/parts.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { encodeAll, makeFolder, recordRun } from './runs.ts';

const run = promisify(execFile);

describe('the histogram log', () => {
  it('begins with what its readers look for', () => {
    expect(formatLogHead(Date.parse('2025-01-31T06:00:00.250Z')).split('\n')).toEqual([
      '#[rushhour: microseconds, one line per second for each arm and phase]',
      '#[Histogram log format version 1.3]',
      '#[StartTime: 1738303200.250 (seconds since epoch), 2025-01-31T06:00:00.250Z]',
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
      '',
    ]);
  });

  it('gives each tag a line a second, its maximum in milliseconds', () => {
    const histograms = encodeAll([
      ['stress.handshake', histogramOf(1_000, 1_500)],
      ['lateness', histogramOf(3)],
    ]);
    expect(formatLogSecond(12, histograms).split('\n')).toEqual([
      expect.stringMatching(/^Tag=stress\.handshake,12\.000,1\.000,1\.500,HISTF[\w+/=]+$/),
      expect.stringMatching(/^Tag=lateness,12\.000,1\.000,0\.003,HISTF[\w+/=]+$/),
      '',
    ]);
  });

  it('says how long a window is', () => {
    const histograms = encodeAll([['lateness', histogramOf(3)]]);
    expect(formatLogSecond(120, histograms, 60)).toMatch(/^Tag=lateness,120\.000,60\.000,0\.003,HISTF/);
    expect(formatLogHead(0, 'window')).toMatch(/^#\[rushhour: microseconds, one line per window /);
  });

  it('is read back line by line, its head passed over', () => {
    const log = Buffer.from(
      [
        formatLogHead(0),
        formatLogSecond(0, encodeAll([['a', histogramOf(10, 20)]])),
        formatLogSecond(17, encodeAll([['a~ramp.total', histogramOf(5)]])),
      ].join(''),
    );
    const read = linesIn(log).map((line) => {
      const sum = createHistogram();
      return [line.tag, line.second, line.addTo(sum), quantilesOf(sum).max];
    });
    expect(read).toEqual([
      ['a', 0, true, 20],
      ['a~ramp.total', 17, true, 5],
    ]);
  });

  it('may end in a torn line, wherever that was torn', () => {
    const line = formatLogSecond(0, encodeAll([['stress.total', histogramOf(1, 22, 333, 4_444, 55_555)]]));
    const whole = line.trimEnd();
    for (let length = 0; length < whole.length; length += 1) {
      const sum = createHistogram();
      const torn = readLogLine(Buffer.from(whole), 0, length);
      expect(torn?.addTo(sum) ?? false, `torn after ${length} characters`).toBe(false);
      expect(sum.totalCount).toBe(0);
    }
    const sum = createHistogram();
    expect(readLogLine(Buffer.from(whole), 0, whole.length)?.addTo(sum)).toBe(true);
    expect(sum.totalCount).toBe(5);
  });
});

function linesIn(log: Buffer): LogLine[] {
  const lines: LogLine[] = [];
  for (let start = 0; start < log.length; ) {
    const end = log.indexOf('\n', start);
    const line = readLogLine(log, start, end);
    if (line !== undefined) lines.push(line);
    start = end + 1;
  }
  return lines;
}

suiteNeeding("HdrHistogram's own tools", ['java', '/usr/share/java/hdrhistogram.jar'], () => {
  const process = async (...args: string[]): Promise<string> => {
    const tool = ['-cp', '/usr/share/java/hdrhistogram.jar', 'org.HdrHistogram.HistogramLogProcessor'];
    const { stdout, stderr } = await run('java', [...tool, ...args]);
    expect(stderr).toBe('');
    return stdout;
  };

  it('find every tag, and the same counts and values under each', async () => {
    const { dir } = await recordRun(makeFolder(), 7);
    const { arms } = await rebuildSummary(dir);
    const log = join(dir, FILES.latency);
    const tags = (await process('-i', log, '-listtags')).trim().split('\n').slice(1);
    expect(tags.sort()).toEqual([
      'lateness',
      ...['stress', 'stress~ramp'].flatMap((series) =>
        [
          ...['firstByte', 'firstByte-service', 'handshake', 'handshake-service'],
          ...['rtt', 'total', 'total-service'],
        ].map((timed) => `${series}.${timed}`),
      ),
    ]);

    const figures = async (tag: string) => {
      const text = await process('-i', log, '-tag', tag, '-outputValueUnitRatio', '1');
      const [, max, count] = /#\[Max\s*=\s*([\d.]+), Total count\s*=\s*(\d+)\]/.exec(text) ?? [];
      const [, mean] = /#\[Mean\s*=\s*([\d.]+)/.exec(text) ?? [];
      return { count: Number(count), max: Number(max), mean: Math.round(Number(mean) * 10) / 10 };
    };
    const stress = arms['stress']!;
    for (const [tag, { count, max, mean }] of [
      ['stress.handshake', stress.handshakeUs],
      ['stress.firstByte-service', stress.service.firstByteUs],
      ['stress.total', stress.totalUs],
    ] as const) {
      expect(await figures(tag), tag).toEqual({ count, max, mean });
    }
    // Of ten attempts a second, seven are established in the measured phases.
    expect(stress.handshakeUs.count).toBe(7 * 7);
    expect((await figures('lateness')).count).toBe(7 * 10);
  });

  it('take the seconds since the start for what they are', async () => {
    const { dir } = await recordRun(makeFolder(), 4);
    const range = ['-start', '2', '-end', '3', '-outputValueUnitRatio', '1'];
    const text = await process('-i', join(dir, FILES.latency), '-tag', 'stress~ramp.total', ...range);
    // Of one attempt a second, those of seconds 2 and 3.
    expect(text).toMatch(/Total count\s*=\s*2\]/);
  });
});
