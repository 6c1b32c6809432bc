import { Client } from 'pg';
import { resolveSecret } from '../secrets.ts';

/**
 * How many client sessions other than this one a PostgreSQL server has. `open` is absent when nobody can
 * tell. A refused connection counts as none: nothing listens there.
 */
export async function openSessions(options: {
  host: string;
  port: number;
  login: { user: string; password: string; database: string };
}): Promise<{ open?: number; seen: string }> {
  const { host, port, login } = options;
  const client = new Client({
    host,
    port,
    user: login.user,
    database: login.database,
    password: resolveSecret(login.password),
    connectionTimeoutMillis: 5000,
    statement_timeout: 5000,
    application_name: 'lifeboat',
  });
  try {
    await client.connect();
    const { rows } = await client.query<{ open: number }>(
      `select count(*)::int as open from pg_stat_activity
        where datid is not null and pid <> pg_backend_pid()
          -- null for other users' sessions unless the login may read all statistics
          and coalesce(backend_type, 'client backend') = 'client backend'
          and application_name is distinct from 'lifeboat'
          -- superusers are the cloud's own: nobody else has them on a managed instance
          and usesysid not in (select oid from pg_roles where rolsuper)`,
    );
    const open = rows[0]?.open ?? 0;
    return { open, seen: open === 0 ? 'none' : `${open} open` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return { open: 0, seen: `nothing listens on ${host}:${port}` };
    return { seen: `unknown: ${message}` };
  } finally {
    await client.end().catch(() => undefined);
  }
}
