/** The time in names of runs, which sorts by it: `20250131-060000`. @param at ISO 8601 in UTC */
export function timeStampOf(at: string): string {
  return at.replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
}
