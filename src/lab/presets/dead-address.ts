import { ADDRESSES } from '../addresses.ts';
import { loadFirewall } from '../firewall.ts';
import { oneOf } from '../parameters.ts';
import { definePreset } from '../preset.ts';

export const deadAddress = definePreset({
  name: 'dead-address',
  symptom: 'of two addresses one never answers, or refuses; what goes to the other is clean',
  mimics: 'a proxy whose name has two addresses, or a PAC script with two proxies, one of which is down',
  causes: ['bad-endpoint'],
  vary: (draw) => ({ how: draw.pick(['silent', 'refuses']) }),
  parameters: {
    how: oneOf(['silent', 'refuses', 'gone'], {
      help: 'the dead one drops SYNs, has no service, or is no host at all (ICMP host-unreachable, after 3 s)',
      fallback: 'silent',
    }),
  },
  async apply(lab, { how }) {
    await loadFirewall(lab);
    if (how !== 'gone') await lab.far.configure([`addr add ${ADDRESSES.dead}/24 dev eth0`]);
    if (how === 'silent')
      await lab.far.loadRules(
        `table ip dead {\nchain input {\ntype filter hook input priority filter;\nip daddr ${ADDRESSES.dead} drop\n}\n}\n`,
      );
  },
});
