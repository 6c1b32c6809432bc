import { Agent } from 'node:http';
import { postgres } from 'tencentcloud-sdk-nodejs/tencentcloud/services/postgres/index.js';
import { tag } from 'tencentcloud-sdk-nodejs/tencentcloud/services/tag/index.js';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../emulator/index.ts';

export type Postgres = InstanceType<typeof postgres.v20170312.Client>;
export type CloneRequest = Parameters<Postgres['CloneDBInstance']>[0];

export interface Keys {
  readonly accessKeyId: string;
  readonly secretKey: string;
}

/** A fresh account of a running emulator, with the official SDK pointed at it. */
export interface Guest extends Keys {
  readonly client: Postgres;
  readonly url: string;
  control<Answer = unknown>(method: string, path: string, body?: object): Promise<Answer>;
  arm(fault: object): Promise<string>;
}

interface ClientProfile {
  readonly signMethod?: 'TC3-HMAC-SHA256' | 'HmacSHA1' | 'HmacSHA256';
  readonly reqMethod?: 'GET' | 'POST';
  readonly region?: string;
  readonly seconds?: number;
}

const config = (url: string, keys: Keys, profile: ClientProfile) => ({
  credential: { secretId: keys.accessKeyId, secretKey: keys.secretKey },
  region: profile.region ?? 'ap-guangzhou',
  profile: {
    ...(profile.signMethod && { signMethod: profile.signMethod }),
    httpProfile: {
      protocol: 'http://' as 'https://',
      endpoint: url.replace('http://', ''),
      reqTimeout: profile.seconds ?? 10,
      agent: new Agent(),
      ...(profile.reqMethod && { reqMethod: profile.reqMethod }),
    },
  },
});

export const postgresClient = (url: string, keys: Keys, profile: ClientProfile = {}) =>
  new postgres.v20170312.Client(config(url, keys, profile));

export const tagClient = (url: string, keys: Keys) =>
  new tag.v20180813.Client(config(url, keys, {}));

/** Fast enough that a whole clone takes a third of a second, and always the same ids. */
export const startTestEmulator = (options: EmulatorOptions = {}): Promise<Emulator> =>
  startEmulator({ port: 0, timeScale: 1200, seed: 'test', ...options });

export function guestWith(url: string, keys: Keys): Guest {
  const control = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const account = `account=${keys.accessKeyId}`;
    const inQuery = method === 'GET' || method === 'DELETE';
    const target = inQuery ? `${path}${path.includes('?') ? '&' : '?'}${account}` : path;
    const response = await fetch(`${url}/_emulator${target}`, {
      method,
      ...(!inQuery && { body: JSON.stringify({ account: keys.accessKeyId, ...body }) }),
    });
    return (await response.json()) as Answer;
  };
  return {
    ...keys,
    url,
    client: postgresClient(url, keys),
    control,
    arm: async (fault) =>
      (await control<{ id: string }>('POST', '/faults', { cloud: 'tencent', ...fault })).id,
  };
}

export async function newGuest(emulator: Emulator, body: object = {}): Promise<Guest> {
  const response = await fetch(`${emulator.url}/_emulator/accounts`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return guestWith(emulator.url, (await response.json()) as Keys);
}

export const orders = 'postgres-6xk2v1qa';
export const archive = 'postgres-h8w3n5tz';

/** A clone that every rule allows: postpaid, of the newest backup. */
export async function goodClone(client: Postgres): Promise<CloneRequest> {
  return { ...plainClone, BackupSetId: await newestBackup(client) };
}

export const plainClone = {
  ...{ DBInstanceId: orders, SpecCode: 'pg.it.medium4', Storage: 100 },
  ...{ Period: 1, AutoRenewFlag: 0, VpcId: 'vpc-7a4k2m9x', SubnetId: 'subnet-3f8d1c6b' },
  ...{ Name: 'orders-0241-lb1', InstanceChargeType: 'POSTPAID_BY_HOUR' },
};

export async function newestBackup(client: Postgres, id = orders): Promise<string> {
  const { BaseBackupSet = [] } = await client.DescribeBaseBackups({
    Filters: [{ Name: 'db-instance-id', Values: [id] }],
  });
  const found = BaseBackupSet.find(
    ({ BackupMethod, State }) => BackupMethod === 'physical' && State === 'finished',
  );
  return found?.Id ?? '';
}

/** Makes a clone and answers its id, whether or not the answer of the call came through. */
export async function clone(guest: Guest, change: Partial<CloneRequest> = {}): Promise<string> {
  const request = { ...(await goodClone(guest.client)), ...change };
  const { DBInstanceId } = await guest.client.CloneDBInstance(request);
  return DBInstanceId ?? '';
}

/** The error code of a call that must fail; `transport` if there was no business error at all. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { code, requestId } = error as { code?: string; requestId?: string };
    return code && requestId ? code : 'transport';
  }
  return 'ok';
}

/** The status by id; `gone` when the instance is not found. */
export async function statusOf(client: Postgres, id: string): Promise<string> {
  try {
    const { DBInstance } = await client.DescribeDBInstanceAttribute({ DBInstanceId: id });
    return DBInstance?.DBInstanceStatus ?? 'absent';
  } catch (error) {
    if ((error as { code?: string }).code === 'ResourceNotFound.InstanceNotFoundError')
      return 'gone';
    throw error;
  }
}

/** Looks until it is seen, at most 10 seconds; answers every different sight on the way. */
export async function until<Sight>(
  look: () => Promise<Sight>,
  isWanted: (sight: Sight) => boolean,
): Promise<Sight[]> {
  const sights: Sight[] = [];
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    const sight = await look();
    if (JSON.stringify(sight) !== JSON.stringify(sights.at(-1))) sights.push(sight);
    if (isWanted(sight)) return sights;
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  throw new Error(`never seen; seen instead: ${JSON.stringify(sights)}`);
}

export const untilStatus = (guest: Guest, id: string, status: string) =>
  until(
    () => statusOf(guest.client, id),
    (sight) => sight === status,
  );

/** UTC+8 wall time as this product writes it. */
export const beijing = (at: number): string =>
  new Date(at + 8 * 3600_000).toISOString().slice(0, 19).replace('T', ' ');
