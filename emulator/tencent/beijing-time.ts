/** UTC+8, the zone of every time string of this product, in all regions (DescribeAvailableRecoveryTime's page, 2026-08). */
const offsetMs = 8 * 3600_000;

/** How the product writes "never". */
export const never = '0000-00-00 00:00:00';

/** `2026-11-21 10:41:00`, without a zone; `0000-00-00 00:00:00` for null. */
export function beijingTime(at: number | null): string {
  if (at === null) return never;
  return new Date(at + offsetMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** Reads exactly `YYYY-MM-DD HH:MM:SS` as UTC+8; undefined if it is anything else, or a day or hour that does not exist. */
export function readBeijingTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const at = Date.parse(`${text.replace(' ', 'T')}Z`) - offsetMs;
  return Number.isNaN(at) || beijingTime(at) !== text ? undefined : at;
}
