/**
 * Draws settings by chance.
 *
 * @param {() => number} random numbers from 0 up to 1; equal sequences give equal settings
 */
export function createDraw(random) {
  const between = (least, most) => least * (most / least) ** random();
  const whole = (least, most) => Math.min(most, Math.floor(between(least, most + 1)));
  return {
    whole,
    seconds: (least, most) => `${whole(least, most)}s`,
    percent: (least, most) => `${between(least, most).toFixed(1)}%`,
    pick: (choices) => choices[Math.floor(random() * choices.length)],
  };
}
