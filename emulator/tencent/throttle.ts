import type { Account } from '../accounts.ts';
import { requestLimitExceeded } from './refusals.ts';

/**
 * Counts calls per account, region and action in each real second and refuses those above the limit.
 * ASSUMPTION: the dimension (account × region × action); the pages give the figure only.
 */
export function createThrottle() {
  const counts = new Map<string, { second: number; calls: number }>();
  return (call: { account: Account; region: string; action: string }, perSecond: number): void => {
    const key = `${call.account.accessKeyId} ${call.region} ${call.action}`;
    const second = Math.floor(Date.now() / 1000);
    const count = counts.get(key);
    const calls = count?.second === second ? count.calls + 1 : 1;
    counts.set(key, { second, calls });
    if (calls > perSecond) throw requestLimitExceeded(calls, perSecond);
  };
}
