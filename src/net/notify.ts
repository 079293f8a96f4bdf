import { getScratch } from './arena.ts';
import { MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_NONBLOCK } from './constants.ts';
import { isLibcAvailable, loadLibc } from './load.ts';

/** include/linux/socket.h and include/linux/net.h, as in constants.ts. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** sizeof(sun_path), unix(7). */
const MAX_PATH_BYTES = 108;
/** Size of the scratch memory for a call; sd_notify(3) accepts more, but a service does not need it. */
const MAX_MESSAGE_BYTES = 512;

/**
 * Reports this process's state to the service manager, as sd_notify(3) does: `READY=1`, `WATCHDOG=1`, `STOPPING=1`,
 * `STATUS=text`, or several separated by line feeds. Node has no unix datagram sockets. It neither blocks nor throws:
 * an absent manager must not cost a run.
 * @returns false if no notification was requested (no $NOTIFY_SOCKET), or it could not be sent now
 */
export function notify(
  state: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || !isLibcAvailable()) return false;
  const path = Buffer.from(socket);
  const message = Buffer.from(state);
  // Anything else, such as vsock:, is for managers of virtual machines.
  const isUnix = socket.startsWith('/') || socket.startsWith('@');
  if (!isUnix || path.length >= MAX_PATH_BYTES || message.length > MAX_MESSAGE_BYTES) return false;
  // An abstract name begins with a zero byte, written as @ (unix(7)).
  if (socket.startsWith('@')) path[0] = 0;
  return send(path, message);
}

function send(path: Buffer, message: Buffer): boolean {
  const libc = loadLibc();
  const { sockaddr, value } = getScratch();
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr.bytes.fill(0);
  sockaddr.bytes[0] = AF_UNIX;
  sockaddr.bytes.set(path, 2);
  value.bytes.set(message);
  // The length ends the name: a zero byte after an abstract name would be part of it.
  const isConnected = libc.connect(fd, sockaddr.address, 2 + path.length) === 0;
  const sent = isConnected ? libc.send(fd, value.address, message.length, MSG_NOSIGNAL) : -1;
  libc.close(fd);
  return sent === message.length;
}
