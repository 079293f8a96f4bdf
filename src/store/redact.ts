import { REDACTED, redactPath, SECRET_HEADERS } from '../scenario/secrets.ts';
import type { RequestSpec, Scenario } from '../scenario/types.ts';

/** The scenario as run.json may show it: without secret headers and parameters, and without bodies, which may hold anything. */
export function redactScenario(scenario: Scenario): Scenario {
  return {
    ...scenario,
    arms: scenario.arms.map((arm) => ({
      ...arm,
      target: { ...arm.target, path: redactPath(arm.target.path) },
      request: redactRequest(arm.request),
    })),
  };
}

function redactRequest(request: RequestSpec): RequestSpec {
  return {
    ...request,
    headers: request.headers.map(([name, value]) => [
      name,
      SECRET_HEADERS.includes(name.toLowerCase()) ? REDACTED : value,
    ]),
    body: request.body === '' ? '' : REDACTED,
  };
}
