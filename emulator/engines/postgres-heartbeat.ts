/** Brings the log of a running server into its archive, up to this moment. */
import { copyFile, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { tailOf } from './postgres-archive.ts';
import type { Home } from './postgres-record.ts';
import { firstRow, type Login, withSession } from './postgres-session.ts';
import { type EngineUser, giveTo } from './postgres-user.ts';

const archiverSeconds = 30;

/**
 * Commits a heartbeat and archives the log up to it: the engine recognises a moment only by a later commit. The file
 * being written is copied as its tail; closing it instead (pg_switch_wal) would cost a file of 1 MB each time, and each
 * restore some milliseconds for every one of them. Throws when the archiver does not keep up.
 */
export async function archiveUntilNow(options: {
  home: Home;
  login: Login;
  user: EngineUser;
}): Promise<void> {
  const { home, login, user } = options;
  await withSession(login, async (session) => {
    await session.query(`select pg_logical_emit_message(true, 'lifeboat', 'heartbeat')`);
    const { wal } = await firstRow<{ wal: string }>(
      session,
      'select pg_walfile_name(pg_current_wal_insert_lsn()) as wal',
    );
    await copyTail({ home, user, wal });
    await waitForArchiver(session, home);
  });
}

async function copyTail(options: { home: Home; user: EngineUser; wal: string }): Promise<void> {
  const { home, user, wal } = options;
  const tail = path.join(home.archive, tailOf(wal));
  const unfinished = `${tail}.part`;
  try {
    await copyFile(path.join(home.data, 'pg_wal', wal), unfinished);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // full, archived and recycled meanwhile
    throw error;
  }
  await giveTo(user, unfinished);
  await rename(unfinished, tail);
  const names = await readdir(home.archive);
  const older = names.filter((name) => name < wal && name === tailOf(name.slice(0, wal.length)));
  for (const name of older) {
    if (names.includes(name.slice(0, wal.length)))
      await rm(path.join(home.archive, name), { force: true });
  }
}

/** Until every full log file is archived. */
async function waitForArchiver(session: Client, home: Home): Promise<void> {
  const deadline = Date.now() + archiverSeconds * 1000;
  const status = path.join(home.data, 'pg_wal/archive_status');
  for (;;) {
    const waiting = (await readdir(status)).filter((name) => name.endsWith('.ready'));
    if (!waiting.length) return;
    if (Date.now() > deadline) throw await archiverFailure(session, waiting[0]!);
    await session.query('select'); // throws when the server has gone meanwhile
    await pause(10);
  }
}

async function archiverFailure(session: Client, waiting: string): Promise<Error> {
  const { failed, last } = await firstRow<{ failed: string; last: string | null }>(
    session,
    'select failed_count as failed, last_failed_wal as last from pg_stat_archiver',
  );
  const wal = waiting.replace('.ready', '');
  return new Error(
    `WAL ${wal} is not archived after ${archiverSeconds} s; ${failed} failures, the last on ${last ?? 'none'}`,
  );
}
