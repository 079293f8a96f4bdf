/** A network namespace of this script's own: it ends with the script, and whatever was started inside with it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

const INSIDE = 'RUSHHOUR_BENCH_INSIDE';
export const ADDRESS = '10.77.0.1';

export const isInside = () => process.env[INSIDE] === '1';

/** Starts the script again inside, with the same arguments. @returns its exit code */
export async function enterOwnNamespace() {
  const flags = ['--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child=SIGKILL'];
  const child = spawn('unshare', [...flags, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGKILL'));
  const [code] = await once(child, 'exit');
  return code ?? 130;
}

/** An address that is not of loopback, which browsers would not ask a proxy for. What is sent to it passes `lo`. */
export function prepareNamespace() {
  for (const words of [
    ['link', 'set', 'lo', 'up'],
    ['link', 'add', 'browsers', 'type', 'veth', 'peer', 'name', 'other'],
    ['link', 'set', 'other', 'up'],
    ['address', 'add', `${ADDRESS}/24`, 'dev', 'browsers'],
    ['link', 'set', 'browsers', 'up'],
    ['route', 'add', 'default', 'via', '10.77.0.254'],
  ])
    execFileSync('ip', words);
  return { link: 'lo', address: ADDRESS };
}
