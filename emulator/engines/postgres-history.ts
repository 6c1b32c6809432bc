/**
 * The data a source begins with: a shop's orders, labelled with business time that reaches back hours although it is
 * all written within seconds. Each minute's batch is followed by a restore point, so that a restore into that past can
 * find the place in the log that its moment stands for.
 */
import type { Client } from 'pg';
import type { BackupRecord, LabelledPoint } from './postgres-record.ts';
import { firstRow } from './postgres-session.ts';

/** Documented logins of the fixtures. */
export const fixtureDatabase = 'orders';
export const appLogin = { user: 'orders_app', password: 'orders-app-2026' };
const adminLogin = { user: 'dbadmin', password: 'dbadmin-2026' };

const minute = 60_000;
const batchMinutes = 211;
const secondBackupMinutes = 62;
const batchRows = 60;
const olderRows = 20_000;
const logFileEveryBatches = 10; // enough log files that a gap between two of them shows

/** Makes accounts and the database. For the host's own session in `postgres`. */
export async function createAccounts(session: Client): Promise<void> {
  await session.query(`
    create role ${appLogin.user} login password '${appLogin.password}';
    create role ${adminLogin.user} login createrole createdb password '${adminLogin.password}';
    grant pg_read_all_data, pg_write_all_data to ${adminLogin.user}`);
  await session.query(`create database ${fixtureDatabase} owner ${appLogin.user}`);
}

/** A rule that gives order number `number` its customer and total, the same for the same seed. */
const orderValues = (seed: number, number: string) => `
  1 + abs(hashint8(${number} * 7 + ${seed})::bigint) % 300,
  (500 + abs(hashint8(${number} + ${seed})::bigint) % 49500) / 100.0`;

/** Makes the tables and everything older than the first backup. For a session in the database `orders`. */
async function createTables(session: Client, options: { seed: number; before: Date }) {
  await session.query(`set synchronous_commit = off`);
  await session.query(`
    set role ${appLogin.user};
    create table customers (id int primary key, name text not null, email text not null);
    create table orders (id bigint generated always as identity primary key, customer_id int,
      total numeric(12,2) not null, note text, created_at timestamptz not null);
    insert into customers select n, 'Customer ' || n, 'customer' || n || '@shop.example' from generate_series(1, 300) n;
    reset role`);
  await session.query(
    `insert into orders (customer_id, total, note, created_at)
     select ${orderValues(options.seed, 'n')}, 'order ' || n, $1::timestamptz - (${olderRows} - n) * interval '2 minutes'
     from generate_series(1, ${olderRows}) n`,
    [options.before],
  );
  await session.query(`alter table orders add foreign key (customer_id) references customers`);
  // With checksums a reader's hint bits put whole pages into the log, which would heal a damaged backup.
  await session.query('vacuum (freeze) orders');
}

/**
 * Writes the history up to business time `now`; `takeBackup` is called twice, with the business times the backup is to
 * bear. Everything labelled ≤ T lies before the last point ≤ T, and nothing else does.
 */
export async function writeHistory(options: {
  session: Client;
  now: Date;
  seed: number;
  takeBackup: (times: { startedAt: Date; finishedAt: Date }) => Promise<BackupRecord>;
}): Promise<{ points: LabelledPoint[]; backups: BackupRecord[] }> {
  const { session, seed } = options;
  const newest = Math.floor(options.now.getTime() / minute) * minute;
  const oldest = newest - batchMinutes * minute;
  const points: LabelledPoint[] = [];
  const backups: BackupRecord[] = [];
  const mark = async (at: Date) => points.push({ at, lsn: await createPoint(session, at) });
  const backup = async (after: number) => {
    const finishedAt = new Date(after + 25_000);
    backups.push(await options.takeBackup({ startedAt: new Date(after + 10_000), finishedAt }));
    await mark(finishedAt);
  };
  await createTables(session, { seed, before: new Date(oldest) });
  await backup(oldest);
  for (let time = oldest + minute; time <= newest; time += minute) {
    await writeBatch(session, { at: new Date(time), seed });
    await mark(new Date(time));
    if (time === newest - secondBackupMinutes * minute) await backup(time);
    if ((newest - time) % (logFileEveryBatches * minute) === 0) {
      await session.query('select pg_switch_wal()');
    }
  }
  return { points, backups };
}

async function createPoint(session: Client, at: Date): Promise<string> {
  const { lsn } = await firstRow<{ lsn: string }>(
    session,
    'select pg_create_restore_point($1)::text as lsn',
    [`business time ${at.toISOString()}`],
  );
  return lsn;
}

async function writeBatch(session: Client, options: { at: Date; seed: number }): Promise<void> {
  const number = `(extract(epoch from $1::timestamptz)::bigint * 100 + n)`;
  await session.query(
    `insert into orders (customer_id, total, note, created_at)
     select ${orderValues(options.seed, number)}, 'batch ' || to_char($1::timestamptz, 'YYYY-MM-DD"T"HH24:MI"Z"'), $1
     from generate_series(1, ${batchRows}) n`,
    [options.at],
  );
}

/** Writes one to three orders bearing `at`, for a session of the application. */
export async function writeLiveOrders(session: Client, at: Date): Promise<void> {
  await session.query(
    `insert into orders (customer_id, total, note, created_at)
     select 1 + floor(random() * 300), (500 + floor(random() * 49500)) / 100.0, 'live', $1
     from generate_series(1, 1 + floor(random() * 3)::int)`,
    [at],
  );
}
