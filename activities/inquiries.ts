import type { Activities as Inquiries, KnownAccount } from '../workflows/inquiries.ts';
import { loadAccounts } from './accounts.ts';

const queueOf: Partial<Record<string, string>> = { tencent: 'lifeboat-tencent' };

/** The accounts that this worker may use, without their keys; clouds that it cannot restore are left out. */
export const findAccounts: Inquiries['findAccounts'] = () =>
  Promise.resolve(
    loadAccounts().flatMap(({ name, cloud, region }): KnownAccount[] => {
      const queue = queueOf[cloud];
      return queue ? [{ account: name, cloud, region, queue }] : [];
    }),
  );
