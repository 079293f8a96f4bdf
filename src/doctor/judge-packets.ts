import type { Check, HostFacts, PacketEngineFacts } from './types.ts';

/**
 * Whether the packet engine can be used here, on which interfaces and in which of its two modes. No run needs it unless
 * requested, so these are notes.
 */
export function judgePackets({ packetEngine, packages, platform }: HostFacts): Check[] {
  if (packetEngine === undefined || platform !== 'linux' || packages?.koffi === false) return [];
  return [judgeCapture(packetEngine), ...judgeEngine(packetEngine)];
}

/** Every run captures if it may; none needs it. */
function judgeCapture({ missing, setcapRaw }: PacketEngineFacts): Check {
  const name = 'capture';
  if (!missing.includes('CAP_NET_RAW'))
    return { name, level: 'ok', what: 'runs record the packets of stalled handshakes' };
  return {
    ...{
      name,
      level: 'note',
      what: 'runs do not record the packets of stalled handshakes: this user lacks CAP_NET_RAW',
    },
    mend: `use sudo, or permit it to every program that this Node runs: ${setcapRaw}`,
  };
}

function judgeEngine({ missing, guard, interfaces, setcap }: PacketEngineFacts): Check[] {
  const name = 'packet engine';
  if (missing.includes('CAP_NET_RAW')) {
    const what = `--engine packet needs ${missing.join(' and ')}, which this user does not have`;
    return [
      {
        name,
        level: 'note',
        what,
        mend: `use sudo, or permit it to every program that this Node runs: ${setcap}`,
      },
    ];
  }
  return interfaces.map(({ name: by, why, mend, isWireless, forwards }): Check => {
    if (why !== undefined) {
      const what = `--engine packet cannot use ${by}: ${why}`;
      return { name, level: 'note', what, ...(mend === undefined ? {} : { mend }) };
    }
    const ways = [
      ...(guard === undefined ? ['from this machine’s address'] : []),
      ...(guard === undefined || !forwards ? ['from emulated addresses'] : []),
    ];
    const wifi = isWireless ? ' (Wi-Fi: an access point may drop addresses that DHCP did not assign)' : '';
    if (ways.length === 2)
      return { name, level: 'ok', what: `--engine packet can use ${by}, ${ways.join(' or ')}${wifi}` };
    const lack = guard === 'EPERM' ? 'CAP_NET_ADMIN is missing' : `the kernel refuses nftables (${guard})`;
    const can = ways.length === 0 ? 'cannot use' : 'can use';
    const what = `--engine packet ${can} ${by}${ways.length === 0 ? '' : ` ${ways.join()} only`}: ${lack}, which keeps its packets from the kernel${wifi}`;
    return {
      name,
      level: 'note',
      what,
      mend: guard === 'EPERM' ? `sudo, or ${setcap}` : 'modprobe nf_tables',
    };
  });
}
