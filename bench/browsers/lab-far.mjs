/** The far side of a lab for lab.mjs: a Squid that keeps connections, and the web servers behind it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOrigin } from './origin.mjs';
import { startSquid } from './squid.mjs';

/** Where a lab has its proxy (docs/lab.md). */
const ADDRESS = '10.20.0.2';
const PORT = 3128;

const [dir, idleSec, answerAfterMs] = process.argv.slice(2);
await startOrigin(dir, ADDRESS, Number(answerAfterMs));
await startSquid({ dir, address: ADDRESS, port: PORT, auth: 'none', idleSec: Number(idleSec) });
await writeFile(join(dir, 'ready'), '');
