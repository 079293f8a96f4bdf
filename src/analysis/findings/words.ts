/** @param share 0-1; findings state it to a tenth of a percent at most */
export function formatShare(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
