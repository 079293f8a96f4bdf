import { mkdir } from 'node:fs/promises';
import type { Command } from 'commander';
import { EnvironmentError, EXIT } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { fleetDir, fleetOption } from '../../flags/fleet-options.ts';
import { collect, parsePort } from '../../flags/values.ts';

interface UpFlags {
  readonly fleet?: string;
  readonly port: number;
  readonly probe?: string[];
}

export function registerUp(fleet: Command, context: Context): void {
  fleet
    .command('up')
    .description(
      'Run a nats-server for a trial on this machine, on loopback, with TLS and with credentials for an operator and for each probe. It runs until Ctrl-C; what it holds stays in the folder.',
    )
    .option('--probe <id>', 'make credentials for this probe (repeatable); those made before stay', collect)
    .option('--port <port>', 'port of the server on 127.0.0.1', parsePort, 4222)
    .addOption(fleetOption())
    .action(context.act((flags: UpFlags) => up(context, flags)));
}

async function up({ host }: Context, flags: UpFlags) {
  const [server, { prepareFleetFolder }, { provideStreams }, { connectFleet }, { readCredentials }] =
    await Promise.all([
      import('../../../fleet/server/nats-server.ts'),
      import('../../../fleet/server/fleet-folder.ts'),
      import('../../../fleet/operator/streams.ts'),
      import('../../../fleet/connect.ts'),
      import('../../../fleet/credentials.ts'),
    ]);
  const program = server.findNatsServer(host.env['PATH'] ?? '');
  const dir = fleetDir(host, flags.fleet);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const folder = await prepareFleetFolder({
    ...{ dir, port: flags.port, probes: flags.probe ?? [], nowMs: host.now() },
  });
  const running = await server.startNatsServer(program, folder.configFile);
  let release: () => void = () => {};
  const stopped = new Promise<undefined>((resolve) => {
    release = host.onStopSignal(() => resolve(undefined));
  });
  try {
    const link = await connectFleet(await readCredentials(folder.operatorFile), { isPatient: false });
    await provideStreams(link, [...folder.probeFiles.keys()]);
    await link.connection.close();
    const files = [...folder.probeFiles.values()].map(
      (file) => `  rushhour probe --credentials ${file} --policy probe.yaml\n`,
    );
    host.stdout.write(`nats-server on 127.0.0.1:${folder.port}; press Ctrl-C to stop it\n${files.join('')}`);
    const said = await Promise.race([running.ended, stopped]);
    if (said === undefined) return EXIT.ok;
    throw new EnvironmentError(`nats-server ended: ${said.trim().split('\n').at(-1) ?? ''}`, {
      hint: 'start it again: what it holds stays in the folder',
    });
  } finally {
    release();
    await running.stop();
  }
}
