import { spawn } from 'node:child_process';
import { platform } from 'node:os';
import type { Command } from 'commander';
import { EXIT, type ExitCode } from '../../errors.ts';
import { shownPath } from '../../scenario/shown-path.ts';
import type { Context } from '../context.ts';
import { resultsDir, resultsOption } from '../flags/run-options.ts';
import { parsePort } from '../flags/values.ts';
import type { Host } from '../host.ts';

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly results?: string;
  readonly open?: boolean;
}

export function registerServe(program: Command, context: Context): void {
  program
    .command('serve')
    .description(
      'Serve the results folder as web pages: runs, trends, reports, two runs overlaid, and the run in progress, second by second. It changes nothing and fetches nothing from elsewhere.',
    )
    .option('--port <n>', 'port to listen on; 0: any free port', parsePort, 8737)
    .option(
      '--host <address>',
      'address to listen on; anything but loopback lets the network read your results',
      '127.0.0.1',
    )
    .addOption(resultsOption())
    .option('--open', 'open the page in the browser')
    .addHelpText(
      'after',
      `
Examples:
  rushhour serve --open
  ssh -L 8737:127.0.0.1:8737 probe rushhour serve     a probe's results, in the browser of this machine

Press Ctrl-C to end it. See docs/serve.md for what it shows, and to whom.`,
    )
    .action(context.act((options: ServeFlags) => serve(context, options)));
}

async function serve({ host }: Context, options: ServeFlags): Promise<ExitCode> {
  const [{ openServer }, { parseListenAddress }] = await Promise.all([
    import('../../serve/server.ts'),
    import('../../serve/address.ts'),
  ]);
  const results = resultsDir(host, options.results);
  const say = (line: string) => host.stderr.write(`rushhour: ${line}\n`);
  const served = await openServer({
    resultsDir: results,
    address: parseListenAddress(options.host),
    port: options.port,
    onFault: (message) => say(`cannot render a page: ${message}`),
  });
  try {
    if (served.isOpen) {
      say(
        'warning: anyone with this address can read the results over the network, unencrypted; for encryption use ssh -L (docs/serve.md)',
      );
    }
    host.stdout.write(served.urls.map((url) => `${url}\n`).join(''));
    say(`shows ${shownPath(results, host.cwd)}; Ctrl-C ends it`);
    if (options.open === true) openBrowser(served.urls[0] ?? '', host, say);
    await signalled(host);
  } finally {
    await served.close();
  }
  return EXIT.ok;
}

/** Resolves at the first signal; the next one has its default effect. */
function signalled(host: Host): Promise<void> {
  return new Promise((resolve) => {
    const release = host.onStopSignal(() => {
      release();
      resolve();
    });
  });
}

/** Opens an address as the desktop does; without a desktop, the printed address remains. */
function openBrowser(url: string, host: Host, say: (line: string) => void): void {
  const [command, ...args] = OPENERS[platform()] ?? ['xdg-open'];
  const child = spawn(command!, [...args, url], { detached: true, stdio: 'ignore', env: host.env });
  child.on('error', () => say(`warning: cannot open a browser (${command}): open the address yourself`));
  child.unref();
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer'],
};
