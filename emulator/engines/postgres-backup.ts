/** Physical backups: a copy of the running server's files, with the sum of each. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client } from 'pg';
import { fixtureDatabase } from './postgres-history.ts';
import type { BackupRecord, Home } from './postgres-record.ts';
import { firstRow, type Login, withSession } from './postgres-session.ts';
import { type EngineUser, giveTo } from './postgres-user.ts';

/** Contents that a restored server makes anew. */
const emptied = new Set(
  'pg_wal pg_replslot pg_dynshmem pg_notify pg_serial pg_snapshots pg_stat_tmp pg_subtrans'.split(
    ' ',
  ),
);
const skipped =
  /^(postmaster\.(pid|opts)|backup_label.*|tablespace_map.*|pg_internal\.init|pgsql_tmp.*)$/;
const sliceMs = 4;

type Manifest = Record<string, { size: number; sha256: string }>;

/** Where the files of one backup lie. */
export const backupFiles = (folder: string) => path.join(folder, 'data');
const manifestFile = (folder: string) => path.join(folder, 'manifest.json');

export type CopiedBackup = Omit<BackupRecord, 'id' | 'startedAt' | 'finishedAt'>;

/**
 * Copies the running server of `home` into `backups/<id>`. On return every commit so far is in the backup together with
 * the log from `firstWal` to `lastWal`; the caller sees to it that this log is archived.
 */
export async function takeCopy(options: {
  home: Home;
  login: Login;
  user: EngineUser;
  id: string;
}): Promise<CopiedBackup> {
  const { home, login, user, id } = options;
  const folder = path.join(home.backups, id);
  await rm(folder, { recursive: true, force: true });
  const copied = await withSession(login, (session) => copyRunning(session, home.data, folder));
  await giveTo(user, folder);
  const largestTable = await findLargestTable(login);
  return { ...copied, ...(largestTable && { largestTable }) };
}

async function copyRunning(session: Client, data: string, folder: string) {
  // One session from start to stop; the engine forgets the backup when it ends.
  const start = await firstRow<{ wal: string }>(
    session,
    `select pg_walfile_name(pg_backup_start('lifeboat', true)) as wal`,
  );
  const manifest = await copyFiles(data, backupFiles(folder));
  // Not waiting for the archive here: the engine would poll once a second.
  const stop = await firstRow<{ labelfile: string; wal: string }>(
    session,
    'select labelfile, pg_walfile_name(lsn) as wal from pg_backup_stop(false)',
  );
  await writeFile(path.join(backupFiles(folder), 'backup_label'), stop.labelfile);
  manifest['backup_label'] = sumOf(Buffer.from(stop.labelfile));
  await writeFile(manifestFile(folder), JSON.stringify(manifest));
  const sizeBytes = Object.values(manifest).reduce((total, { size }) => total + size, 0);
  return { sizeBytes, firstWal: start.wal, lastWal: stop.wal };
}

/** Undefined when somebody has dropped the database or all its tables. */
async function findLargestTable(login: Login): Promise<string | undefined> {
  const orders = { ...login, database: fixtureDatabase };
  const row = await withSession(orders, (session) =>
    firstRow<{ file: string } | undefined>(
      session,
      `select pg_relation_filepath(oid) as file from pg_class
       where relkind = 'r' and relnamespace = 'public'::regnamespace
       order by pg_relation_size(oid) desc limit 1`,
    ),
  ).catch(() => undefined);
  return row?.file;
}

async function copyFiles(from: string, to: string): Promise<Manifest> {
  const manifest: Manifest = {};
  await inSlices(makeFolders(from, to, ''), (file) => {
    const content = readIfThere(path.join(from, file));
    if (!content) return; // dropped meanwhile: replaying the log deals with it
    writeFileSync(path.join(to, file), content, { mode: 0o600 });
    manifest[file] = sumOf(content);
  });
  return manifest;
}

/** Makes the folders of the copy and lists the files to copy. */
function makeFolders(from: string, to: string, below: string): string[] {
  mkdirSync(path.join(to, below), { recursive: true, mode: 0o700 });
  if (emptied.has(below)) return [];
  const files: string[] = [];
  for (const entry of readdirSync(path.join(from, below), { withFileTypes: true })) {
    const file = path.join(below, entry.name);
    if (entry.isDirectory()) files.push(...makeFolders(from, to, file));
    else if (entry.isFile() && !skipped.test(entry.name)) files.push(file);
  }
  return files;
}

/** Throws, naming the first files, when a backup is not what it was when it was finished. */
export async function verifyBackup(folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(manifestFile(folder), 'utf8')) as Manifest;
  const wrong: string[] = [];
  await inSlices(Object.entries(manifest), ([file, expected]) => {
    const content = readIfThere(path.join(backupFiles(folder), file));
    if (!content) wrong.push(`${file} is missing`);
    else if (content.length !== expected.size) {
      wrong.push(`${file} has ${content.length} bytes instead of ${expected.size}`);
    } else if (sumOf(content).sha256 !== expected.sha256) wrong.push(`${file} has other content`);
  });
  if (wrong.length) {
    throw new Error(
      `The backup ${path.basename(folder)} is damaged: ${wrong.slice(0, 3).join(', ')}`,
    );
  }
}

const sumOf = (content: Buffer) => ({
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Synchronous file calls are four times as fast for a thousand small files; others get their turn after each slice. */
async function inSlices<Item>(items: Item[], work: (item: Item) => void): Promise<void> {
  let began = performance.now();
  for (const item of items) {
    work(item);
    if (performance.now() - began < sliceMs) continue;
    await nextTurn();
    began = performance.now();
  }
}
