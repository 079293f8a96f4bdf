/**
 * Values of an option that takes several, by how often it was given: `--far a b --far c` are [[a, b], [c]]. Commander makes one list
 * of them.
 * @param args of the command line
 * @param flag as it was typed
 * @param values of all of them, in order
 */
export function groupValues(
  args: readonly string[],
  flag: string,
  values: readonly string[],
): readonly (readonly string[])[] {
  const groups: string[][] = [];
  let taken = 0;
  let isOpen = false;
  for (const arg of args) {
    const value = values[taken];
    if (arg === flag) {
      groups.push([]);
      isOpen = true;
    } else if (value !== undefined && arg === `${flag}=${value}`) {
      groups.push([value]);
      taken += 1;
      isOpen = false;
    } else if (isOpen && arg === value) {
      groups.at(-1)!.push(value);
      taken += 1;
    } else isOpen = false;
  }
  return groups;
}
