/**
 * Counts in a sentence as tables print them: `2,600 of 12,000`. Only whole words of digits that stand by themselves are counts:
 * ports, addresses, dates, ranges, numbers of RFCs and names of arms stay as they are.
 */
export function groupDigits(sentence: string): string {
  return sentence.replace(COUNT, groupThousands);
}

const COUNT = /(?<![\w.:,/@[#=-])(?<!\b(?:RFC|port|arm) )\d{4,}(?:\.\d+)?(?![\w-]|[:.]\S)/g;

/** `1234567.5` as `1,234,567.5`. */
export function groupThousands(digits: string): string {
  return digits.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');
}
