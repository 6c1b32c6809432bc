import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cliFailure } from '../exit.ts';

/**
 * Where the local stack keeps everything unless told otherwise: `.lifeboat` in the current directory.
 * Root is the exception where a parent is closed to other users (/root): PostgreSQL then runs as another
 * user who could not get there, so it is /var/tmp/lifeboat-<hash of the current directory>, which
 * survives a reboot. Depends on nothing else: the same place every time.
 */
export function defaultDataDirectory(options: {
  currentDirectory: string;
  /** Whether we are root. */
  uid: number | undefined;
}): string {
  const beside = join(resolve(options.currentDirectory), '.lifeboat');
  if (options.uid !== 0 || closedParent(beside) === undefined) return beside;
  const hash = createHash('sha256').update(options.currentDirectory).digest('hex').slice(0, 8);
  const elsewhere = join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), `lifeboat-${hash}`);
  const owner = statSync(elsewhere, { throwIfNoEntry: false })?.uid;
  // Anybody can make that name there before we do.
  if (owner !== undefined && owner !== options.uid) {
    throw cliFailure(
      `${elsewhere} belongs to another user (uid ${owner}). Choose: --data-dir <dir>`,
    );
  }
  return elsewhere;
}

function closedParent(directory: string): string | undefined {
  const parent = dirname(directory);
  if (parent === directory) return undefined;
  const mode = statSync(parent, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & 0o001) === 0 ? parent : closedParent(parent);
}

export interface DataDirectory {
  readonly path: string;
  readonly logs: string;
  readonly emulator: string;
  /** Who runs here now: dev.json. */
  readonly ledger: string;
}

/** Makes the data directory, open to be walked through (the engines' user may be another one). Idempotent. */
export function makeDataDirectory(path: string): DataDirectory {
  const directory = {
    path: resolve(path),
    logs: join(resolve(path), 'logs'),
    emulator: join(resolve(path), 'emulator'),
    ledger: join(resolve(path), 'dev.json'),
  };
  try {
    mkdirSync(directory.logs, { recursive: true });
    chmodSync(directory.path, (statSync(directory.path).mode & 0o777) | 0o711);
  } catch (error) {
    throw cliFailure(`--data-dir ${directory.path} cannot be used: ${(error as Error).message}`);
  }
  return directory;
}
