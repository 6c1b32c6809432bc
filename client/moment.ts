import { offsetMs, spokenDuration, spokenMoment } from '../activities/moments.ts';
import { parseMoment } from '../activities/request.ts';

/**
 * What a person means by `--at`: a full moment with its offset, the same without (then the account's zone), or
 * a bare clock time, which is the latest such time before `now`. ISO 8601 UTC; undefined if it is none.
 */
export function meantMoment(
  text: string,
  account: { timeZone: string; now: string },
): string | undefined {
  const full = parseMoment(text) ?? parseMoment(`${text} ${account.timeZone}`);
  if (full) return full;
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text.trim());
  if (!clock) return undefined;
  const [, hour, minute, second] = clock;
  const today = spokenMoment(account.now, account.timeZone).slice(0, 10);
  const time = `${hour!.padStart(2, '0')}:${minute}:${second ?? '00'}`;
  const candidate = parseMoment(`${today} ${time} ${account.timeZone}`);
  if (!candidate || candidate <= account.now) return candidate;
  return new Date(Date.parse(candidate) - 86_400_000).toISOString();
}

/** `2026-11-21 02:41:00 +08:00 = 2026-11-20 18:41:00 UTC, 33 min ago`. */
export function echoed(iso: string, account: { timeZone: string; now: string }): string {
  const ago = spokenDuration(Date.parse(account.now) - Date.parse(iso));
  return `${spokenMoment(iso, account.timeZone)} = ${iso.slice(0, 19).replace('T', ' ')} UTC, ${ago} ago`;
}

/** `14:03:22` in the account's zone. */
export function clockTime(ms: number, timeZone: string): string {
  return new Date(ms + offsetMs(timeZone)).toISOString().slice(11, 19);
}

/** `25:47` or `1:02:03`. */
export function stopwatch(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? rest.replace(/^0/, '') : `${Math.floor(seconds / 3600)}:${rest}`;
}
