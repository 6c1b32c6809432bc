/** Sessions in the servers, above all the host's own. */
import { Client } from 'pg';
import type { Endpoint } from './engine.ts';

/** The host's account in every server: a superuser with a random password. */
export const hostAccount = 'lifeboat_emulator';
/** Marks the host's sessions in pg_stat_activity. */
const applicationName = 'lifeboat-emulator';

export interface Login {
  readonly endpoint: Endpoint;
  readonly user?: string;
  readonly password: string;
  readonly database?: string;
}

/** Opens a session, by default the host's own in `postgres`. The caller ends it. */
export async function openSession(login: Login): Promise<Client> {
  const client = new Client({
    host: login.endpoint.address,
    port: login.endpoint.port,
    user: login.user ?? hostAccount,
    password: login.password,
    database: login.database ?? 'postgres',
    application_name: applicationName,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 60_000,
    ssl: false, // whatever PGSSLMODE says
  });
  client.on('error', () => undefined); // a server that goes away shows in the next query
  await client.connect();
  return client;
}

/** Runs `work` in a session of its own. */
export async function withSession<T>(login: Login, work: (session: Client) => Promise<T>) {
  const session = await openSession(login);
  try {
    return await work(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}

/** The first row of a query that has one. */
export async function firstRow<Row>(session: Client, sql: string, values: unknown[] = []) {
  return (await session.query(sql, values)).rows[0] as Row;
}
