/** What is kept of an instance beside its data, so that a restarted emulator finds everything again. */
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type EngineUser, giveTo } from './postgres-user.ts';

/** Folders and files of one instance. */
export interface Home {
  readonly folder: string;
  readonly data: string;
  readonly archive: string;
  readonly backups: string;
  readonly log: string;
}

/** A place in the log that a labelled moment of the seeded past stands for. */
export interface LabelledPoint {
  /** Business time. */
  readonly at: Date;
  readonly lsn: string;
}

/** A finished physical backup. Its files and their sums lie in `backups/<id>`. */
export interface BackupRecord {
  readonly id: string;
  /** Business times; everything committed up to `finishedAt`, a whole second, comes back. */
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly sizeBytes: number;
  readonly firstWal: string;
  readonly lastWal: string;
  /** File of the largest table, relative to the data folder. */
  readonly largestTable?: string;
}

export interface InstanceRecord {
  readonly instanceId: string;
  /** A source has a writer; a clone holds exactly what was restored. */
  readonly kind: 'source' | 'clone';
  /** Of the host's own account inside the database. */
  readonly hostPassword: string;
  /** Business time since which the commits' own times count; before it there are labelled points only. */
  readonly liveSince: Date;
  readonly points: readonly LabelledPoint[];
  /** Oldest first. */
  readonly backups: readonly BackupRecord[];
}

/** Where the instance lives below the host's directory. Throws for an id that is no plain file name. */
export function homeOf(directory: string, instanceId: string): Home {
  if (!/^\w[\w.-]*$/.test(instanceId)) throw new Error(`"${instanceId}" cannot name a folder`);
  const folder = path.join(directory, 'instances', instanceId);
  const below = (name: string) => path.join(folder, name);
  return {
    folder,
    data: below('data'),
    archive: below('archive'),
    backups: below('backups'),
    log: below('server.log'),
  };
}

/** Makes an empty home; what an unfinished attempt left there goes. */
export async function makeHome(home: Home, user: EngineUser): Promise<void> {
  await removeHome(home);
  for (const folder of [path.dirname(home.folder), home.folder]) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711);
  }
  for (const folder of [home.archive, home.backups]) {
    await mkdir(folder, { mode: 0o700 });
    await giveTo(user, folder);
  }
}

/** Deletes everything of an instance. Its server must be gone. */
export async function removeHome(home: Home): Promise<void> {
  await rm(home.folder, { recursive: true, force: true });
}

/** Deletes what a killed emulator had not finished. */
export async function removeUnfinished(directory: string): Promise<void> {
  const names = await readdir(path.join(directory, 'instances')).catch(() => []);
  for (const home of names.map((name) => homeOf(directory, name))) {
    if (!(await loadRecord(home))) await removeHome(home);
  }
}

const recordFile = (home: Home) => path.join(home.folder, 'instance.json');

/** Replaces the record in one step. Written only for complete instances: without it a home is rubble. */
export async function saveRecord(home: Home, record: InstanceRecord): Promise<void> {
  const unfinished = `${recordFile(home)}.new`;
  await writeFile(unfinished, JSON.stringify(record), { mode: 0o600 });
  await rename(unfinished, recordFile(home));
}

/** The record, or undefined when there is no complete instance. */
export async function loadRecord(home: Home): Promise<InstanceRecord | undefined> {
  let text: string;
  try {
    text = await readFile(recordFile(home), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const times = new Set(['at', 'startedAt', 'finishedAt', 'liveSince']);
  return JSON.parse(text, (key, value: unknown) =>
    times.has(key) ? new Date(value as string) : value,
  ) as InstanceRecord;
}
