import { constants } from 'node:os';
import { expect, it } from 'vitest';
import type { EndCause } from '../../src/outcome/classify.ts';
import { classifyCut } from '../../src/outcome/cut.ts';

const { errno } = constants;

it.each<[string, EndCause, number, string]>([
  ['the far end closed', 'eof', 0, 'FIN'],
  ['it was reset', 'errno', errno.ECONNRESET, 'RST'],
  ['it was reset after a FIN', 'errno', errno.EPIPE, 'RST'],
  ['no keep-alive was answered', 'errno', errno.ETIMEDOUT, 'silence'],
  ['none could be sent', 'timeout', 0, 'silence'],
  ['TLS failed', 'tls', 0, 'other'],
  ['this machine failed', 'errno', errno.ENOMEM, 'other'],
])('a held connection is cut where %s', (_, cause, code, how) => {
  expect(classifyCut({ cause, errno: code })).toBe(how);
});
