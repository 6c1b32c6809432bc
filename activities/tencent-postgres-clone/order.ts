import { createHash } from 'node:crypto';
import type { Mark, RunIdentity, Timing } from '../../workflows/restore.ts';
import type { CloneOrder } from '../../workflows/tencent-postgres-clone.ts';
import { chooseAccount, timeScale, type Account } from '../accounts.ts';
import { invalidRequest } from '../failures.ts';
import { durationMs } from '../request.ts';
import { parseCloneRequest, regions } from './request.ts';

/**
 * Defaults of `timing:` for Tencent, real time. `request`: the SDK's samples use 60 s; 15 s is our choice.
 * `listLag`: undocumented, assumed (docs/assumptions.md). `look`: Terraform's provider polls every 3–10 s.
 */
const defaults = { request: '15s', listLag: '5m', look: '10s', undoRetry: '15s' };

/**
 * The order that a request becomes in one run: parsed, account and region pinned, name and tags fixed before
 * anything is made. Throws `InvalidRequest` with every fault in one line.
 */
export function orderFrom(
  input: unknown,
  run: RunIdentity,
  searchAttributes: string[],
): CloneOrder {
  const parsed = parseCloneRequest(input);
  if ('issues' in parsed) throw invalidRequest(parsed.issues);
  const { request } = parsed;
  const account = chooseAccount({ cloud: 'tencent', name: request.account });
  const region = request.region ?? account.region;
  if (!regions.some((known) => known === region))
    throw invalidRequest([`region: ${region} is none of ${regions.join(', ')}`]);
  const scale = timeScale(account);
  const scaled = (text: string) => durationMs(text)! / scale;
  const { check, wait, undo } = request.deadlines;
  return {
    restore: 'tencentPostgresClone',
    request,
    account: account.name,
    region,
    timeZone: account.timeZone,
    mark: markOf(request.name ?? request.source, run),
    timing: timingOf(account, scale),
    deadlines: {
      checkMs: scaled(check),
      ...(wait === undefined ? {} : { waitMs: scaled(wait) }),
      undoMs: scaled(undo),
    },
    onFailure: request.onFailure,
    searchAttributes,
    timeScale: scale,
  };
}

/** The name is `<prefix>-lb<12 hex of sha256(restoreId)>`: unique per run, at most 59 characters. */
export function markOf(prefix: string, run: RunIdentity): Mark {
  const digest = createHash('sha256').update(run.restoreId).digest('hex');
  return {
    ...run,
    name: `${prefix}-lb${digest.slice(0, 12)}`,
    tags: { 'lifeboat-restore': run.restoreId, 'lifeboat-owner': run.owner },
  };
}

/** Settling, look interval and undo retry shrink with the time scale; the timeout of one HTTP call never does. */
export function timingOf(account: Account, scale: number): Timing {
  const chosen: typeof defaults & Account['timing'] = { ...defaults, ...account.timing };
  const requestMs = durationMs(chosen.request)!;
  // A look, the call, and some room for a slow machine.
  const createMs = Math.max(2 * requestMs, durationMs(chosen.create ?? '') ?? 2 * requestMs + 5000);
  return {
    requestMs,
    createMs,
    lookMs: durationMs(chosen.look)! / scale,
    settlingMs: createMs + durationMs(chosen.listLag)! / scale,
    undoRetryMs: durationMs(chosen.undoRetry)! / scale,
  };
}
