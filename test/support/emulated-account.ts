import { AbstractClient } from 'tencentcloud-sdk-nodejs/tencentcloud/common/abstract_client.js';
import type { AuditEntry } from '../../emulator/audit.ts';
import type { InventoryRow } from '../../emulator/inventory.ts';
import { until } from './until.ts';

/** The fixture that most restores start from, and the one whose name begins alike. */
export const orders = 'postgres-6xk2v1qa';
export const archive = 'postgres-h8w3n5tz';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretKey: string;
}

/** What one account of the emulator shows and takes: the witness that no result of ours replaces. */
export interface EmulatedAccount extends Keys {
  readonly url: string;
  /** Arms a fault; answers its id. */
  arm(fault: object): Promise<string>;
  /** Arms a fault on CloneDBInstance. */
  armCreate(fault: object): Promise<string>;
  disarm(id?: string): Promise<void>;
  hits(id: string): Promise<number>;
  audit(): Promise<AuditEntry[]>;
  /** The creates that arrived, in order. */
  creates(): Promise<AuditEntry[]>;
  /** Every isolate and destroy that arrived, in order. */
  deletes(): Promise<AuditEntry[]>;
  inventory(): Promise<InventoryRow[]>;
  /** Instances that calls made, gone ones included. */
  made(): Promise<InventoryRow[]>;
  /** The only instance that calls made. */
  theInstance(): Promise<InventoryRow>;
  instance(id: string): Promise<InventoryRow>;
  /** A call by somebody else: the console, a colleague, a script. */
  call<Answer = object>(action: string, parameters: object): Promise<Answer>;
  /** Request ids of those calls. */
  readonly callsBySomebodyElse: ReadonlySet<string>;
  /** Waits until the instance has that status. */
  untilStatus(id: string, status: string): Promise<void>;
  /** The cloud's clock, ms. */
  now(): Promise<number>;
}

export async function openAccount(url: string): Promise<EmulatedAccount> {
  const opened = await fetch(`${url}/_emulator/accounts`, { method: 'POST' });
  return accountWith(url, (await opened.json()) as Keys);
}

function accountWith(url: string, keys: Keys): EmulatedAccount {
  const { accessKeyId, secretKey } = keys;
  const control = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const target = body ? path : `${path}?account=${accessKeyId}`;
    const response = await fetch(`${url}/_emulator${target}`, {
      method,
      ...(body ? { body: JSON.stringify({ account: accessKeyId, ...body }) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Answer;
  };
  const sdk = new AbstractClient(url.replace('http://', ''), '2017-03-12', {
    credential: { secretId: accessKeyId, secretKey },
    region: 'ap-guangzhou',
    profile: { httpProfile: { protocol: 'http://', reqTimeout: 10 } },
  });
  const callsBySomebodyElse = new Set<string>();
  const arm = async (fault: object) =>
    (await control<{ id: string }>('POST', '/faults', { cloud: 'tencent', ...fault })).id;
  const audit = () => control<AuditEntry[]>('GET', '/audit');
  const inventory = () => control<InventoryRow[]>('GET', '/inventory');
  const ours = async (kind: AuditEntry['kind']) =>
    (await audit()).filter(
      (entry) => entry.kind === kind && !callsBySomebodyElse.has(entry.requestId),
    );
  const made = async () => (await inventory()).filter(({ origin }) => origin === 'call');
  const instance = async (id: string) => {
    const row = (await inventory()).find((candidate) => candidate.id === id);
    if (!row) throw new Error(`The emulator never had ${id}`);
    return row;
  };

  return {
    ...keys,
    url,
    arm,
    armCreate: (fault) => arm({ action: 'CloneDBInstance', ...fault }),
    disarm: async (id) => void (await control('DELETE', id ? `/faults/${id}` : '/faults')),
    hits: async (id) => {
      const faults = await control<{ id: string; hits: number }[]>('GET', '/faults');
      return faults.find((fault) => fault.id === id)?.hits ?? 0;
    },
    audit,
    creates: () => ours('create'),
    deletes: () => ours('delete'),
    inventory,
    made,
    theInstance: async () => {
      const [only, ...more] = await made();
      if (!only || more.length > 0)
        throw new Error(
          `Expected exactly one instance made by calls, not ${more.length + (only ? 1 : 0)}`,
        );
      return only;
    },
    instance,
    call: async <Answer>(action: string, parameters: object) => {
      const answer = (await sdk.request(action, parameters)) as Answer & { RequestId: string };
      callsBySomebodyElse.add(answer.RequestId);
      return answer;
    },
    callsBySomebodyElse,
    untilStatus: (id, status) =>
      until(`${id} is ${status}`, async () => (await instance(id)).status === status, 30_000),
    now: async () => {
      const { headers } = await fetch(url, { method: 'HEAD' });
      return Date.parse(headers.get('date') ?? '');
    },
  };
}
