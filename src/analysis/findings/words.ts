/** @param share 0-1; a tenth of a per cent is as fine as findings are told */
export function formatShare(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
