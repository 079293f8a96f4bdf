// The program as tsc compiles it, module by module. Arguments: its own.
import { createProcessHost } from '../../dist/cli/host.js';
import { runCli } from '../../dist/cli/run-cli.js';

const code = await runCli(process.argv.slice(2), createProcessHost(2));
process.stdout.write('', () => process.exit(code));
