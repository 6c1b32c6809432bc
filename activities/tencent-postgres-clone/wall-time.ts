/**
 * Tencent's wall times are UTC+8 in all regions: stated for RecoveryBeginTime, RecoveryEndTime and the
 * sibling APIs, assumed for RecoveryTargetTime and CreateTime (docs/assumptions.md). ISO 8601 UTC;
 * undefined for its "never" (0000-00-00) and for an absent field.
 */
export function fromWall(text: string | null | undefined): string | undefined {
  const instant = new Date(`${(text ?? '').replaceAll('/', '-').replace(' ', 'T')}+08:00`);
  return Number.isNaN(instant.getTime()) || instant.getUTCFullYear() < 1971
    ? undefined
    : instant.toISOString();
}

/** `YYYY-MM-DD HH:MM:SS` in UTC+8, as the API wants it. */
export function toWall(iso: string): string {
  const shifted = new Date(new Date(iso).getTime() + 8 * 3_600_000);
  return shifted.toISOString().slice(0, 19).replace('T', ' ');
}
