import { constants } from 'node:os';
import { expect, it } from 'vitest';
import { loadLibc } from '../../../src/net/index.ts';
import { PacketRing } from '../../../src/net/packet-socket/ring.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const { ENOMEM, ENOPROTOOPT } = constants.errno;

suiteNeeding('a ring for packets that the system refuses', ['linux', 'npm:koffi'], () => {
  it.each([
    {
      errno: ENOMEM,
      message: `The kernel refused memory for packets (errno ${ENOMEM}).`,
      hint: 'Free memory',
    },
    {
      errno: ENOPROTOOPT,
      message: 'This system has no ring for packets (ENOPROTOOPT).',
      hint: 'An emulator such as qemu-user does not pass it on',
    },
  ])('is said to be so: $message', ({ errno, message, hint }) => {
    const closed: number[] = [];
    const libc = {
      ...loadLibc(),
      setsockopt: () => -1,
      errno: () => errno,
      close: (fd: number) => closed.push(fd),
    };
    expect(() => new PacketRing(libc, 77, 256, 64)).toThrow(
      expect.objectContaining({ message, hint: expect.stringContaining(hint) }),
    );
    expect(closed).toEqual([77]);
  });
});
