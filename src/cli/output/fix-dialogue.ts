import type { FixDialogue } from '../../doctor/fix/fix-machine.ts';
import { renderAdvice, renderOutcomes, renderUndoPlan } from '../../render/fix.ts';
import { type Host, wantsColour } from '../host.ts';

/** @param json print only the result, at the end */
export function createFixDialogue(host: Host, json: boolean): FixDialogue {
  const look = { colour: wantsColour(host, host.stdout), width: host.stdout.columns };
  const say = (text: string): void => {
    if (!json) host.stdout.write(text);
  };
  return {
    advise: (advice) => say(renderAdvice(advice, look)),
    showOutcomes: (outcomes) => say(renderOutcomes(outcomes, look)),
    showUndoPlan: (undoing) => say(renderUndoPlan(undoing, look)),
    say,
    writeJson(what) {
      if (json) host.stdout.write(`${JSON.stringify(what, null, 2)}\n`);
    },
    complain: (text) => host.stderr.write(`rushhour: ${text}\n`),
    ask: host.ask,
  };
}
