import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isAlive, type Owner, thisProcess } from './engines/leftovers.ts';

/** Why a data directory can't be used: one line for whoever chose it. */
export type DataDirectoryRefused = Error & { readonly code: 'EDATADIR' };

const refused = (message: string): DataDirectoryRefused =>
  Object.assign(new Error(message), { code: 'EDATADIR' as const });

/** Named unlike the mark of the engines: nobody may take the whole directory for leftovers. */
const ownerFile = (directory: string) => join(directory, 'emulator-owner.json');

/**
 * Makes a data directory if it is absent, and marks it as ours: two emulators on one state file would lose each other's
 * instances. A mark of a dead process is taken over. Throws `DataDirectoryRefused`. Returns what takes the mark away.
 */
export function claimDataDirectory(directory: string): () => void {
  try {
    make(resolve(directory));
    const file = ownerFile(directory);
    if (existsSync(file)) {
      const owner = read(file);
      if (owner && isAlive(owner))
        throw refused(
          `The data directory ${directory} is in use by the emulator with process id ${owner.pid}. Stop that one, or choose another --data-dir.`,
        );
      rmSync(file, { force: true });
    }
    const handle = openSync(file, 'wx'); // fails if another emulator was quicker
    writeSync(handle, JSON.stringify(thisProcess()));
    closeSync(handle);
    return () => rmSync(file, { force: true });
  } catch (error) {
    if ((error as Partial<DataDirectoryRefused>).code === 'EDATADIR') throw error;
    throw refused(
      `The data directory ${directory} can't be used: ${(error as Error).message}. Choose another --data-dir.`,
    );
  }
}

/** One by one: Node's recursive mkdir never returns below /proc (observed 2026-11, Node 20). */
function make(directory: string): void {
  if (existsSync(directory)) return;
  make(dirname(directory));
  mkdirSync(directory);
}

/** Undefined if it was cut off while it was written. */
function read(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
