/**
 * Servers outlive an emulator that is killed. Each host marks its directory with its own process; whoever starts next
 * stops the servers of processes that are gone and removes their temporary directories.
 */
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';

/** A directory of this name in a temporary root is removed once its owner is gone. */
export const temporaryPrefix = 'lifeboat-engines-';

const memoryRoot = '/dev/shm';
const gib = 2 ** 30;

/**
 * Where a directory that need not last belongs: TMPDIR if set; the memory file system where there is plenty of it;
 * else the system's temporary directory. Each database has a thousand files, and ext4 gets several times slower at
 * making files for minutes after as many were deleted (observed 2026-11, Linux 6: recently_deleted in ext4_create).
 */
export function temporaryRoot(): string {
  if (process.env['TMPDIR'] || !existsSync(memoryRoot)) return os.tmpdir();
  const { bavail, bsize } = statfsSync(memoryRoot);
  return bavail * bsize > 4 * gib && os.freemem() > 4 * gib ? memoryRoot : os.tmpdir();
}

const ownerFile = (directory: string) => path.join(directory, 'owner.json');

/** What a mark says about the process that made it. */
export interface Owner {
  readonly pid: number;
  /** Tells a process from a later one with the same number. */
  readonly started: string | undefined;
}

/**
 * Marks `directory` as ours after stopping what a dead owner left running in it, and cleans the temporary roots.
 * Throws when a living process owns it. Returns a function that takes the mark away.
 */
export async function claimDirectory(directory: string): Promise<() => void> {
  const owner = await readOwner(directory);
  if (owner && isAlive(owner)) {
    throw new Error(`${directory} is in use by the emulator with process id ${owner.pid}`);
  }
  await stopServersBelow(directory);
  writeFileSync(ownerFile(directory), JSON.stringify(thisProcess()));
  for (const root of new Set([os.tmpdir(), memoryRoot])) await stopLeftovers(root);
  return () => rmSync(ownerFile(directory), { force: true });
}

/**
 * Stops the database servers of dead emulators whose directory is `rootDirectory` or lies directly in it, and removes
 * those directories that were temporary. Touches only what belongs to our own user. Returns what it did, one line each.
 */
export async function stopLeftovers(rootDirectory: string): Promise<string[]> {
  const names = await readdir(rootDirectory).catch(() => []);
  const done: string[] = [];
  for (const directory of [rootDirectory, ...names.map((name) => path.join(rootDirectory, name))]) {
    const owner = await readOwner(directory);
    if (!owner || isAlive(owner)) continue;
    done.push(...(await stopServersBelow(directory)));
    if (!path.basename(directory).startsWith(temporaryPrefix)) continue;
    await rm(directory, { recursive: true, force: true });
    done.push(`removed ${directory}`);
  }
  return done;
}

/** Undefined for a directory that is not marked, or that another user could have marked to mislead us. */
async function readOwner(directory: string): Promise<Owner | undefined> {
  try {
    const marks = [directory, ownerFile(directory)].map((file) => lstatSync(file));
    if (marks.some(({ uid }) => uid !== process.getuid?.())) return undefined;
    return JSON.parse(await readFile(ownerFile(directory), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** The mark of this process. */
export const thisProcess = (): Owner => ({ pid: process.pid, started: startOf(process.pid) });

/** Whether the process that made a mark still runs: another one with its number does not count. */
export const isAlive = ({ pid, started }: Owner): boolean => {
  const present = startOf(pid);
  return present !== undefined && present === started;
};

/** When a process began, in its system's own words; undefined once it has ended. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') {
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    }
    const [state, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return state === 'Z' || state === 'X' ? undefined : rest[18];
  } catch {
    return undefined;
  }
}

async function stopServersBelow(directory: string): Promise<string[]> {
  const done: string[] = [];
  for (const data of dataFolders(directory)) {
    const pid = serverOf(data);
    if (pid === undefined) continue;
    for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
      if (await endsAfter(pid, signal)) break;
    }
    done.push(`stopped PostgreSQL ${pid} in ${data}`);
  }
  return done;
}

/** Data folders of the instances, and of the scratch instances inside those. */
function dataFolders(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(path.join(directory, 'instances'));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const home = path.join(directory, 'instances', name);
    return [path.join(home, 'data'), ...dataFolders(home)];
  });
}

/** The server that runs on `data`, if it is one: a stale pid file may name anybody's process. */
function serverOf(data: string): number | undefined {
  try {
    const [pid, folder] = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n');
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-o', 'command=', '-p', pid!], { encoding: 'utf8' });
    const isOurs =
      folder === data && command.includes('postgres') && command.includes(`-D ${data}`);
    return isOurs ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

async function endsAfter(pid: number, signal: NodeJS.Signals): Promise<boolean> {
  const deadline = Date.now() + 5000;
  try {
    process.kill(pid, signal);
    while (Date.now() < deadline) {
      if (startOf(pid) === undefined) return true;
      await pause(20);
    }
    return false;
  } catch {
    return true; // gone already
  }
}
