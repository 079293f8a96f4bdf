/** What browsers do that get no script, or one that fails (docs/browsers.md, Measured), and how to test that. */
export const PAST_THE_PROXY =
  'browsers that get no working script connect directly: to test what they do then, use --via direct (hit: without --pac)';
