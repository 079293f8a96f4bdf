import { access, constants, rm, rmdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { EnvironmentError, EXIT } from '../../../errors.ts';
import { escapeControls } from '../../../render/escape.ts';
import { describeOwner } from '../../../store/denied.ts';
import { makeFolder } from '../../../store/make-folder.ts';
import type { Context } from '../../context.ts';
import { fleetDir, fleetOption } from '../../flags/fleet-options.ts';
import { collect, parsePort } from '../../flags/values.ts';

interface UpFlags {
  readonly fleet?: string;
  readonly listen?: string;
  readonly name?: string[];
  readonly port?: number;
  readonly websocketPort?: number;
  readonly cluster?: string;
  readonly clusterPort?: number;
  readonly probe?: string[];
}

export function registerUp(fleet: Command, context: Context): void {
  fleet
    .command('up')
    .description(
      'Run a nats-server for a fleet on this machine, with TLS and with credentials for an operator and for each probe; for a trial, on loopback. It runs until Ctrl-C; what it holds stays in the folder, how it listens, too.',
    )
    .option('--probe <id>', 'make credentials for this probe (repeatable); those made before stay', collect)
    .option(
      '--listen <address[:port]>',
      'address of this machine, so that probes on others reach it; 0.0.0.0 and [::] are all (default: 127.0.0.1)',
    )
    .option(
      '--name <host>',
      'name or address by which probes reach it, for its certificate and their credentials (repeatable; default: the address)',
      collect,
    )
    .option('--port <port>', 'port of the server (default: 4222)', parsePort)
    .option(
      '--websocket-port <port>',
      'take probes by WebSocket with TLS, too, for sites that let only 443 out; 0: no more',
      parsePort,
    )
    .option(
      '--cluster <hosts>',
      'names of the three or five servers of a cluster, separated by commas, this one’s among them; none: it is alone',
    )
    .option('--cluster-port <port>', 'port of these servers among themselves (default: 6222)', parsePort)
    .addOption(fleetOption())
    .action(context.act((flags: UpFlags) => up(context, flags)));
}

async function up({ host }: Context, flags: UpFlags) {
  const [
    { findNatsServer, lastLineOf },
    { FleetServer },
    { endLeftBehind },
    { changeSettings, hasSettings, reachedAs, urlsFor },
  ] = await Promise.all([
    import('../../../fleet/server/nats-server.ts'),
    import('../../../fleet/server/fleet-server.ts'),
    import('../../../fleet/server/left-behind.ts'),
    import('../../../fleet/server/settings.ts'),
  ]);
  const program = findNatsServer(host.env['PATH'] ?? '');
  const dir = fleetDir(host, flags.fleet);
  const made = await makeFolder(dir, 0o700).catch((cause: Error) => {
    throw new EnvironmentError(`the folder ${dir} of the fleet cannot be made (${cause.message})`, {
      hint: 'choose another with --fleet DIR or RUSHHOUR_FLEET',
      cause,
    });
  });
  const { R_OK, W_OK, X_OK } = constants;
  await access(dir, R_OK | W_OK | X_OK).catch((cause: Error) => {
    throw new EnvironmentError(`this user may not use the folder of the fleet: ${describeOwner(dir)}`, {
      hint: 'run it as that user, or with sudo; or choose another folder with --fleet DIR or RUSHHOUR_FLEET',
      cause,
    });
  });
  const say = (line: string): void => host.stderr.write(`rushhour: ${escapeControls(line)}\n`);
  const { listen, port, name: names, websocketPort, cluster, clusterPort } = flags;
  const now = (): number => host.now();
  const start = async () => {
    if (await endLeftBehind(dir)) say('a nats-server that outlived its "rushhour fleet up" was ended');
    const settings = await changeSettings(dir, {
      ...(listen !== undefined && { listen }),
      ...(port !== undefined && { port }),
      ...(names !== undefined && { names }),
      ...(websocketPort !== undefined && { websocketPort }),
      ...(cluster !== undefined && { cluster }),
      ...(clusterPort !== undefined && { clusterPort }),
    });
    const probes = flags.probe ?? [];
    return { settings, server: await FleetServer.start({ program, dir, settings, probes, now, say }) };
  };
  const { settings, server } = await start().catch(async (error: unknown) => {
    // Nothing has connected yet with what is in it.
    if (made.includes(dir) && !(await hasSettings(dir))) {
      await rm(dir, { recursive: true, force: true });
      for (const above of made.toReversed()) await rmdir(above).catch(() => {});
    }
    throw error;
  });
  let release: () => void = () => {};
  const stopped = new Promise<undefined>((resolve) => {
    release = host.onStopSignal(() => resolve(undefined));
  });
  try {
    const files = [...server.folder.probeFiles].map(
      ([id, file]) => `  ${host.program} probe --credentials ${file} --policy ${id}.yaml --results ${id}\n`,
    );
    const urls = urlsFor(reachedAs(settings), settings).join(', ');
    const first =
      files.length === 0
        ? ''
        : `  each needs a policy of its owner first: docs/fleet.md has one to begin with\n`;
    host.stdout.write(`nats-server at ${urls}; press Ctrl-C to stop it\n${files.join('')}${first}`);
    const said = await Promise.race([server.ended, stopped]);
    if (said === undefined) return EXIT.ok;
    throw new EnvironmentError(`nats-server ended: ${lastLineOf(said)}`, {
      hint: 'start it again: what it holds stays in the folder',
    });
  } finally {
    release();
    await server.stop();
  }
}
