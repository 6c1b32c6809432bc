import type { Check } from '../../workflows/restore.ts';
import type { ClonePlan, CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import { durationMs, parseMoment } from '../request.ts';
import { elapsedMs } from '../looks.ts';
import { spokenMoment } from '../moments.ts';
import { fromWall, toWall } from './wall-time.ts';
import type { BaseBackup } from './instance.ts';
import type { CloneCloud } from './cloud.ts';

/** A restore point that was looked up: its check, and the parameters that name it to the cloud. */
export interface PointFound {
  point: ClonePlan['point'];
  check: Check;
  /** Where the recovery window ends now, ISO 8601 UTC; it moves. */
  windowEnd?: string;
  parameters: { BackupSetId?: string; RecoveryTargetTime?: string };
}

/**
 * Looks up where to restore to. What `latest` and `ago` meant at the first check stays for the whole run:
 * `earlier` carries it.
 */
export async function findPoint(
  cloud: CloneCloud,
  order: CloneOrder,
  earlier?: ClonePlan['point'],
): Promise<PointFound> {
  const { from, source } = order.request;
  const backup = earlier?.backup ?? from.backup;
  if (backup !== undefined) return findBackup(cloud, source, backup, order.timeZone);
  const now = cloud.now();
  // "30m ago" counts from when it was asked, however long a check had to wait since.
  const utc = earlier?.utc ?? requestedTime(from, new Date(now.getTime() - elapsedMs()));
  return findMoment({ cloud, source, utc, now, timeZone: order.timeZone });
}

function requestedTime(from: CloneOrder['request']['from'], now: Date): string {
  if (from.pointInTime !== undefined) return parseMoment(from.pointInTime)!;
  const wanted = new Date(now.getTime() - durationMs(from.ago!)!);
  wanted.setUTCMilliseconds(0); // Tencent takes whole seconds
  return wanted.toISOString();
}

async function findBackup(
  cloud: CloneCloud,
  source: string,
  wanted: string,
  timeZone: string,
): Promise<PointFound> {
  const backups = await cloud.backups(source);
  const now = cloud.now();
  const restorable = backups.filter((backup) => judged(backup, now).ok === 'yes');
  const chosen =
    wanted === 'latest' ? restorable.sort(newestFirst)[0] : backups.find(({ Id }) => Id === wanted);
  const name = wanted === 'latest' ? 'newest finished physical backup' : `backup ${wanted}`;
  const base = { name: 'restore point', expected: 'a finished physical backup, not expired' };
  if (!chosen) {
    const choice = restorable.map(({ Id }) => Id);
    const seen = `no such backup: ${name}. Restorable: ${choice.slice(0, 5).join(', ') || 'none'}`;
    return {
      point: { text: name, backup: wanted },
      check: { ...base, seen, ok: 'no' },
      parameters: { BackupSetId: wanted },
    };
  }
  const finished = fromWall(chosen.FinishTime);
  const text = `backup ${chosen.Id}${finished ? `, finished ${spokenMoment(finished, timeZone)}` : ''}`;
  return {
    point: { text, backup: chosen.Id, ...(finished ? { utc: finished } : {}) },
    check: { ...base, ...judged(chosen, now) },
    parameters: { BackupSetId: chosen.Id },
  };
}

const newestFirst = (a: BaseBackup, b: BaseBackup) =>
  (b.FinishTime ?? '').localeCompare(a.FinishTime ?? '');

/** Only physical, completed, unexpired sets can be cloned (console guide "clone an instance"). */
function judged(backup: BaseBackup, now: Date): Pick<Check, 'seen' | 'ok'> {
  const seen = `${backup.Id}: ${backup.BackupMethod} ${backup.State}, expires ${backup.ExpireTime}`;
  const expires = fromWall(backup.ExpireTime);
  const expired = expires !== undefined && new Date(expires) < now;
  if (backup.BackupMethod !== 'physical' || expired) return { seen, ok: 'no' };
  if (backup.State === 'finished') return { seen, ok: 'yes' };
  return { seen, ok: ['init', 'running'].includes(backup.State) ? 'wait' : 'no' };
}

async function findMoment(ask: {
  cloud: CloneCloud;
  source: string;
  utc: string;
  now: Date;
  timeZone: string;
}): Promise<PointFound> {
  const { cloud, source, utc, now, timeZone } = ask;
  const spoken = (iso: string) => spokenMoment(iso, timeZone);
  const base = { name: 'restore point' };
  const found = (check: Pick<Check, 'expected' | 'seen' | 'ok'>): PointFound => ({
    point: { text: spoken(utc), utc },
    check: { ...base, ...check },
    parameters: { RecoveryTargetTime: toWall(utc) },
  });
  if (new Date(utc) > now)
    return found({
      expected: `a moment that has been: now is ${spoken(now.toISOString())} on the cloud's clock`,
      seen: `${spoken(utc)} lies in the future`,
      ok: 'no',
    });
  const window = await cloud.recoveryWindow(source);
  const begin = fromWall(window.RecoveryBeginTime);
  const end = fromWall(window.RecoveryEndTime);
  if (!begin || !end)
    return found({ expected: 'a recovery window', seen: 'none is offered', ok: 'no' });
  const expected = `within ${spoken(begin)} … ${spoken(end)}`;
  if (utc < begin)
    return found({
      expected,
      seen: `${spoken(utc)} lies before the window; the earliest is --at "${spoken(begin)}"`,
      ok: 'no',
    });
  if (utc > end)
    return {
      windowEnd: end,
      ...found({
        expected,
        seen: `${spoken(utc)} is not restorable yet: window ends ${spoken(end)}, and moves. Instead now: --at "${spoken(end)}"`,
        ok: 'wait',
      }),
    };
  return found({ expected, seen: spoken(utc), ok: 'yes' });
}
