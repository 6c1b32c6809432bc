import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Endpoint, EngineInstance } from '../../emulator/engines/engine.ts';
import { temporaryPrefix, temporaryRoot } from '../../emulator/engines/leftovers.ts';

export const app = { user: 'orders_app', password: 'orders-app-2026', database: 'orders' };
export const admin = { user: 'dbadmin', password: 'dbadmin-2026', database: 'orders' };

/** A loopback address that no other test of this machine is likely to have. */
export function someEndpoint(): Endpoint {
  const part = () => 1 + Math.floor(Math.random() * 253);
  return { address: `127.${part()}.${part()}.${part()}`, port: 5432 };
}

/** An empty temporary directory, which the next host removes if this process is killed. */
export const makeDirectory = (): Promise<string> =>
  mkdtemp(path.join(temporaryRoot(), temporaryPrefix));

/** The first row of a query, asked in a session of its own. */
export async function ask<Row extends object>(
  { endpoint }: Pick<EngineInstance, 'endpoint'>,
  sql: string,
  values: unknown[] = [],
  login: typeof app = app,
): Promise<Row> {
  const client = new Client({ host: endpoint.address, port: endpoint.port, ...login });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows[0]!;
  } finally {
    await client.end();
  }
}

export interface Content {
  readonly rows: number;
  readonly last: number;
  readonly fingerprint: string;
}

/** What `orders` holds: rows, highest id, and a sum over every value. `where` may use $1. */
export const contentOf = (
  instance: Pick<EngineInstance, 'endpoint'>,
  where = 'true',
  values: unknown[] = [],
): Promise<Content> =>
  ask(
    instance,
    `select count(*)::int as rows, coalesce(max(id), 0)::int as last,
       md5(string_agg(orders::text, ',' order by id)) as fingerprint from orders where ${where}`,
    values,
  );

/** What the source had committed at `wallTime`, by the engine's own commit times. */
export const committedUntil = (
  source: Pick<EngineInstance, 'endpoint'>,
  wallTime: Date,
): Promise<Content> => contentOf(source, 'pg_xact_commit_timestamp(xmin) <= $1', [wallTime]);

export const insertOrder = (source: Pick<EngineInstance, 'endpoint'>, note: string) =>
  ask(
    source,
    'insert into orders (customer_id, total, note, created_at) values (1, 9.99, $1, now())',
    [note],
  );

/** Writes orders until `until` has passed, so that there are commits on both sides of it. */
export async function writeAcross(source: EngineInstance, now: () => Date, until: Date) {
  for (let number = 1; now().getTime() < until.getTime() + 150; number += 1) {
    await insertOrder(source, `across ${number}`);
    await pause(20);
  }
}

/** Waits until `condition` holds. */
export async function waitFor(what: string, condition: () => Promise<boolean> | boolean) {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not seen within 20 s: ${what}`);
    await pause(50);
  }
}

/** The whole second that follows `time` by `seconds`. */
export const secondAfter = (time: Date, seconds = 1): Date =>
  new Date((Math.floor(time.getTime() / 1000) + seconds) * 1000);
