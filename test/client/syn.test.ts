import { describe, expect, it } from 'vitest';
import { layOutOptions, type OptionChoice } from '../../src/client/options.ts';
import { CLIENT_NAMES, CLIENTS } from '../../src/client/registry.ts';
import { resolveClient } from '../../src/client/resolve.ts';
import { offeredMss, offeredWindow, synFlags, synOptionBytes, TCP_FLAGS } from '../../src/client/syn.ts';
import type { ClientProfile, Stack } from '../../src/client/types.ts';

const ETHERNET = { family: 4, mtu: 1_500 } as const;
const { syn, ece, cwr, ae } = TCP_FLAGS;

function hexOf(
  profile: ClientProfile,
  values: Omit<Parameters<typeof synOptionBytes>[1], 'family' | 'mtu'> = {},
): string {
  return Buffer.from(synOptionBytes(profile, { ...ETHERNET, ...values }).bytes).toString('hex');
}

describe('the options of a SYN', () => {
  it('are those of a captured Windows client, byte for byte', () => {
    expect(hexOf(CLIENTS['windows-10'])).toBe('020405b40103030801010402');
    expect(hexOf(CLIENTS['windows-11'])).toBe('020405b40103030801010402');
  });

  it('are those of a captured Mac, byte for byte', () => {
    expect(hexOf(CLIENTS.macos, { timestampValue: 0x780321b5 })).toBe(
      '020405b4010303060101080a780321b5000000000402' + '0000',
    );
  });

  it('have the timestamp where they say', () => {
    for (const name of CLIENT_NAMES) {
      const profile = resolveClient(name, { timestamps: true });
      const plain = synOptionBytes(profile, ETHERNET);
      const written = synOptionBytes(profile, {
        ...ETHERNET,
        timestampValue: 0xfedcba98,
        timestampEcho: 0x01020304,
      });
      const patched = Buffer.from(plain.bytes);
      patched.writeUInt32BE(0xfedcba98, plain.timestampAt);
      patched.writeUInt32BE(0x01020304, plain.timestampEchoAt);
      expect([name, patched.toString('hex')]).toEqual([name, Buffer.from(written.bytes).toString('hex')]);
      const without = synOptionBytes(resolveClient(name, { timestamps: false }), ETHERNET);
      expect([without.timestampAt, without.timestampEchoAt]).toEqual([-1, -1]);
    }
  });

  it('ask for a Fast Open cookie, send one, and leave both out of a SYN that is sent again', () => {
    const profile = resolveClient('linux-6', { fastOpen: true });
    const without = hexOf(CLIENTS['linux-6']);
    expect(hexOf(profile)).toBe(`${without}22020101`);
    const fastOpenCookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    expect(hexOf(profile, { fastOpenCookie })).toBe(`${without}220a01020304050607080101`);
    expect(hexOf(profile, { fastOpenCookie, isResent: true })).toBe(without);
    expect(hexOf(resolveClient('macos', { fastOpen: true }), { isResent: true })).toBe(hexOf(CLIENTS.macos));
  });

  it('fill whole words and have room for the longest cookie, whatever is chosen', () => {
    for (const name of CLIENT_NAMES) {
      for (const choice of allChoices()) {
        const profile = { ...CLIENTS[name], synOptions: layOutOptions(CLIENTS[name].stack, choice) };
        for (const length of [0, 4, 6, 8, 16]) {
          const { bytes } = synOptionBytes(profile, { ...ETHERNET, fastOpenCookie: new Uint8Array(length) });
          expect(bytes.length % 4).toBe(0);
          expect(bytes.length).toBeLessThanOrEqual(40);
        }
      }
    }
  });

  it('are laid out as p0f lists for each stack', () => {
    expect(layoutsOf('linux')).toEqual([
      'mss',
      'mss,nop,nop,ts',
      'mss,nop,nop,sok',
      'mss,sok,ts',
      'mss,nop,ws',
      'mss,nop,nop,ts,nop,ws',
      'mss,nop,nop,sok,nop,ws',
      'mss,sok,ts,nop,ws',
    ]);
    expect(layoutsOf('windows')).toEqual([
      'mss',
      'mss,nop,nop,ts',
      'mss,nop,nop,sok',
      'mss,sok,ts',
      'mss,nop,ws',
      'mss,nop,ws,nop,nop,ts',
      'mss,nop,ws,nop,nop,sok',
      'mss,nop,ws,sok,ts',
    ]);
    expect(layoutsOf('xnu')).toEqual([
      'mss',
      'mss,nop,nop,ts',
      'mss,sok,eol',
      'mss,nop,nop,ts,sok,eol',
      'mss,nop,ws',
      'mss,nop,ws,nop,nop,ts',
      'mss,nop,ws,sok,eol',
      'mss,nop,ws,nop,nop,ts,sok,eol',
    ]);
  });
});

function allChoices(): OptionChoice[] {
  const switches = [false, true];
  return switches.flatMap((fastOpen) =>
    switches.flatMap((windowScale) =>
      switches.flatMap((sack) => switches.map((timestamps) => ({ fastOpen, windowScale, sack, timestamps }))),
    ),
  );
}

const SHORT = {
  mss: 'mss',
  nop: 'nop',
  end: 'eol',
  timestamps: 'ts',
  'window-scale': 'ws',
  'sack-permitted': 'sok',
  'fast-open': 'tfo',
} as const;

function layoutsOf(stack: Stack): string[] {
  return allChoices()
    .filter(({ fastOpen }) => !fastOpen)
    .map((choice) =>
      layOutOptions(stack, choice)
        .map((option) => SHORT[option])
        .join(),
    );
}

describe('the maximum segment size', () => {
  it('is 20 less over IPv6, and what a smaller MTU leaves', () => {
    const client = CLIENTS['windows-11'];
    expect(offeredMss(client, ETHERNET)).toBe(1_460);
    expect(offeredMss(client, { family: 6, mtu: 1_500 })).toBe(1_440);
    expect(offeredMss(client, { family: 4, mtu: 1_492 })).toBe(1_452);
    expect(offeredMss(client, { family: 6, mtu: 1_280 })).toBe(1_220);
    expect(offeredMss(client, { family: 4, mtu: 9_000 })).toBe(1_460);
  });
});

describe('the window of a SYN', () => {
  it('is whole segments with Windows 10 and Linux: figures of Satori for four sizes of segment', () => {
    const windowOf = (mss: number) => offeredWindow(resolveClient('windows-10', { mss }), ETHERNET);
    expect([1_460, 1_366, 1_378, 1_240].map(windowOf)).toEqual([64_240, 64_202, 64_766, 64_480]);
    expect(offeredWindow(CLIENTS['linux-6'], { family: 6, mtu: 1_500 })).toBe(64_800);
  });

  it('is 65,535 with the others, and what the knob says with all', () => {
    for (const name of ['windows-11', 'android', 'macos', 'ios'] as const)
      expect([name, offeredWindow(CLIENTS[name], ETHERNET)]).toEqual([name, 65_535]);
    for (const name of CLIENT_NAMES)
      expect(offeredWindow(resolveClient(name, { window: 5_000 }), ETHERNET)).toBe(5_000);
  });
});

describe('the flags of a SYN', () => {
  it('ask for ECN in the first alone, and for AccECN in the first two', () => {
    const flags = (ecn: 'off' | 'ecn' | 'accecn') => [0, 1, 2].map((resent) => synFlags({ ecn }, resent));
    expect(flags('off')).toEqual([syn, syn, syn]);
    expect(flags('ecn')).toEqual([syn | ece | cwr, syn, syn]);
    expect(flags('accecn')).toEqual([syn | ece | cwr | ae, syn | ece | cwr | ae, syn]);
  });
});

describe('a client with knobs', () => {
  it('is the profile without any', () => {
    for (const name of CLIENT_NAMES) expect(resolveClient(name)).toEqual(CLIENTS[name]);
  });

  it('differs where they say, and nowhere else', () => {
    expect(
      resolveClient('windows-11', { ttl: 63, dscp: 46, isn: 'repeat', synWaitsUs: [3_000_000] }),
    ).toEqual({
      ...CLIENTS['windows-11'],
      ttl: 63,
      dscp: 46,
      isn: 'repeat',
      synWaitsUs: [3_000_000],
    });
  });

  it('has no larger window than its header can say', () => {
    expect(resolveClient('macos', { windowScale: 'off' })).toMatchObject({ windowScale: 0, window: 65_535 });
    expect(resolveClient('macos', { windowScale: 1 })).toMatchObject({ windowScale: 1, window: 131_070 });
    expect(resolveClient('linux-6', { windowScale: 14, window: 1_000 })).toMatchObject({
      synWindow: 1_000,
      window: 16_384,
    });
  });
});
