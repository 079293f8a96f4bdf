// Runs command lines one after the other in this process, each between two marks that a trace shows. Argument: JSON.
import { existsSync } from 'node:fs';
import { createProcessHost } from '../../dist/cli/host.js';
import { runCli } from '../../dist/cli/run-cli.js';

const host = createProcessHost(1);
const exitCodes = [];
for (const [index, args] of JSON.parse(process.argv[2]).entries()) {
  const said = [];
  const keep = { isTTY: false, columns: 100, write: (text) => said.push(text) };
  existsSync(`/rushhour-mark/${index}`);
  const code = await runCli(args, { ...host, stdout: keep, stderr: keep });
  exitCodes.push({ code, said: said.join('') });
}
existsSync('/rushhour-mark/end');
process.stdout.write(JSON.stringify(exitCodes), () => process.exit(0));
