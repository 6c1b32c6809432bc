import { type AccountClock, type Advance, createClock } from './clock.ts';
import type { Random } from './random.ts';

/** One key pair with a cloud of its own: fixtures, clock, faults and audit are never shared. */
export interface Account {
  /** 0 is the account that exists from the start. */
  readonly number: number;
  readonly accessKeyId: string;
  readonly secretKey: string;
  /** Whether real databases stand behind this account's fixtures. */
  readonly engines: boolean;
  readonly clock: AccountClock;
}

export interface SavedAccount {
  readonly number: number;
  readonly accessKeyId: string;
  readonly secretKey: string;
  readonly engines: boolean;
  readonly advances: readonly Advance[];
}

export interface Accounts {
  readonly first: Account;
  all(): readonly Account[];
  find(accessKeyId: string): Account | undefined;
  add(options: { engines: boolean }): Account;
}

const saved = (account: Account): SavedAccount => ({
  number: account.number,
  accessKeyId: account.accessKeyId,
  secretKey: account.secretKey,
  engines: account.engines,
  advances: account.clock.advances(),
});

/** What the state file keeps of all accounts. */
export const saveAccounts = (accounts: Accounts): SavedAccount[] => accounts.all().map(saved);

/** All key pairs of one emulator. The first one's keys come from the caller, also after a restart. */
export function createAccounts(options: {
  first: { accessKeyId: string; secretKey: string; engines: boolean };
  random: Random;
  saved?: readonly SavedAccount[];
}): Accounts {
  const { random } = options;
  const byKey = new Map<string, Account>();
  const open = ({ advances, ...account }: SavedAccount): Account => {
    const opened = { ...account, clock: createClock({ advances }) };
    byKey.set(opened.accessKeyId, opened);
    return opened;
  };
  const earlier = options.saved ?? [];
  const first = open({
    ...options.first,
    number: 0,
    advances: earlier.find(({ number }) => number === 0)?.advances ?? [],
  });
  for (const account of earlier) if (account.number > 0) open(account);

  return {
    first,
    all: () => [...byKey.values()],
    find: (accessKeyId) => byKey.get(accessKeyId),
    add: ({ engines }) => {
      const number = byKey.size;
      return open({
        number,
        engines,
        advances: [],
        accessKeyId: `lifeboat-${number}-${random.letters(8, `key of account ${number}`)}`,
        secretKey: `${random.letters(32, `secret of account ${number}`)}`,
      });
    },
  };
}
