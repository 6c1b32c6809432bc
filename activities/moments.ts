/**
 * A moment as people on call read it, with its offset: `2026-11-21 02:41:00 +08:00`. Accepts any offset
 * `±hh:mm`; ISO 8601 in, whole seconds out.
 */
export function spokenMoment(iso: string, offset: string): string {
  const shifted = new Date(new Date(iso).getTime() + offsetMs(offset));
  return `${shifted.toISOString().slice(0, 19).replace('T', ' ')} ${offset}`;
}

export function offsetMs(offset: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):(\d{2})$/.exec(offset) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** `12 s`, `4 min`, `2 h 5 min`: an elapsed time, rounded down, for people. */
export function spokenDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ''}`;
}
