import { EXIT, type ExitCode } from '../../errors.ts';
import { checkPlatform } from '../../net/link/needs.ts';
import { formatCommands } from '../../render/firewall.ts';
import { renderPlan } from '../../render/plan.ts';
import { renderLabelled } from '../../render/wrap.ts';
import { lookOf } from '../../scenario/look.ts';
import type { Scenario } from '../../scenario/types.ts';
import { formatDuration, formatRate } from '../../scenario/units.ts';
import { decideWorkers } from '../../session/load/decide-workers.ts';
import { chooseEngine } from '../../session/load/engine-choice.ts';
import { readLocalNetwork } from '../../session/load/local-network.ts';
import { outlineArm, outlineLink, scheduleUs } from '../../session/load/outline.ts';
import { type RoutedArm, routeArms } from '../../session/load/packets/plan-arm.ts';
import { resolveArms } from '../../session/load/resolve.ts';
import { findPublicHosts } from '../../session/load/safety.ts';
import { checkCapture } from '../../session/near-side.ts';
import type { ArmOutline } from '../../session/types.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import type { SharedRunOptions } from '../flags/run-options.ts';
import type { Host } from '../host.ts';

/** Prints what a run would do: resolves names, connects to nothing, writes nothing. */
export async function printDryRun(
  host: Host,
  scenario: Scenario,
  options: SharedRunOptions,
): Promise<ExitCode> {
  const embedded = scenario.farEnd === 'embedded';
  // The embedded far end gets its ports when it starts.
  const engine = chooseEngine(options.engine, process.platform, scenario.arms);
  const known: PlannedArm[] = embedded
    ? scenario.arms.map((arm) => ({ arm, endpoints: [], sources: [] }))
    : await resolveArms(scenario);
  const routed = engine === 'packet' && !embedded ? routePackets(known) : undefined;
  const planned = routed?.map((arm) => arm.planned) ?? known;
  const outlines = routed?.map(outlineRouted) ?? planned.map(outlineArm);
  const arms = embedded ? outlines.map(nameEmbedded) : outlines;
  const workers = decideWorkers(options, scenario, host);
  const { columns } = host.stdout;
  const capture = checkCapture(scenario.capture ?? 'auto');
  const plan = {
    ...{ arms, durationUs: scheduleUs(planned), engine, workers },
    ...(capture === undefined ? {} : { capture }),
  };
  host.stdout.write(renderPlan(plan, options.origins, columns));
  const say = (label: string, text: string) =>
    host.stdout.write(`${renderLabelled(`  ${label}`, text, columns, 13).join('\n')}\n`);
  if (scenario.look !== undefined && options.look !== false && lookOf(scenario) !== undefined) {
    const { ratePerSec, forUs } = scenario.look;
    say('checks', `first, up to ${formatRate(ratePerSec)} for ${formatDuration(forUs)}`);
  }
  if (scenario.firewall !== undefined)
    for (const line of formatCommands(scenario.firewall)) say('runs', line);
  for (const { text } of scenario.pass) say('passes if', text);
  for (const { host: name, because } of findPublicHosts(scenario, outlines)) {
    say('public', `${name}: ${because}; needs --i-am-allowed-to-test-this once`);
  }
  host.stdout.write('Dry run: nothing was sent.\n');
  return EXIT.ok;
}

/** The path according to the kernel's tables, without sending a query. */
function routePackets(arms: readonly PlannedArm[]): RoutedArm[] {
  checkPlatform();
  return routeArms(arms, readLocalNetwork());
}

function outlineRouted({ planned, routes }: RoutedArm): ArmOutline {
  const links = routes.map(({ link, nextHop, mtu }) => ({
    ...{ interfaceName: link.name, mac: link.mac, nextHop, mtu },
  }));
  return { ...outlineArm(planned), link: outlineLink(planned.arm, links) };
}

function nameEmbedded(outline: ArmOutline): ArmOutline {
  return { ...outline, endpoints: ['the embedded far end'], target: 'its origin' };
}
