import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Lifeboat's cache of this user: programs downloaded once. May be deleted at any time. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  const home = env.HOME ?? homedir();
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'lifeboat');
  if (process.platform === 'win32') {
    return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'lifeboat');
  }
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'lifeboat');
  return join(home, '.cache', 'lifeboat');
}

/** Where the `temporal` program of one version lies for this machine's platform. It may not exist yet. */
export function cachedTemporal(options: { version: string; env: NodeJS.ProcessEnv }): string {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  const directory = `temporal-${options.version}-${process.platform}-${process.arch}`;
  return join(cacheDirectory(options.env), directory, name);
}

/**
 * Writes an executable that appears at `path` whole or not at all: whoever runs it, and whoever else
 * writes it at the same time, never meets a half of it.
 */
export async function placeProgram(path: string, content: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(unfinished, 'wx', 0o755);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(unfinished, 0o755);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
