import type { ArmSeen, Observations } from '../observations/types.ts';

/** Responses that came late as if a segment had been sent again, beyond those whose request was. */
export function lateResponsesOf({ summary }: ArmSeen): number {
  return Math.max(0, (summary.responsesLate?.count ?? 0) - (summary.requestsResent?.count ?? 0));
}

export function countResponsesLate({ arms }: Observations): number {
  return arms.reduce((sum, arm) => sum + lateResponsesOf(arm), 0);
}
