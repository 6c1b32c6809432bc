/**
 * Who the databases run as. PostgreSQL refuses uid 0 and any uid without a passwd entry, so root
 * hands its servers to an ordinary user; everybody else runs them as himself.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, realpath, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that owns and runs the servers; without ids it is whoever runs this process. */
export interface EngineUser {
  readonly name: string;
  readonly ids?: { readonly uid: number; readonly gid: number };
}

/**
 * Picks the user for the servers: as root `EMU_ENGINE_USER`, then `postgres`, then `nobody`; else the
 * present user. Throws one readable line when no such user can run PostgreSQL.
 */
export function chooseEngineUser(): EngineUser {
  const setting = process.env['EMU_ENGINE_USER'];
  if (process.getuid?.() !== 0) return presentUser(setting);
  const names = setting ? [setting] : ['postgres', 'nobody'];
  for (const name of names) {
    const ids = findIds(name);
    if (ids && ids.uid !== 0) return { name, ids };
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and no ordinary user was found (tried ${names.join(', ')}). ` +
      `Set EMU_ENGINE_USER to a user with a passwd entry, or use --engines none.`,
  );
}

function presentUser(setting: string | undefined): EngineUser {
  let name: string;
  try {
    name = os.userInfo().username;
  } catch {
    throw new Error(
      `User id ${process.getuid?.()} has no passwd entry, and PostgreSQL refuses to run without one. ` +
        `Add an entry, run as another user, or use --engines none.`,
    );
  }
  if (setting && setting !== name) {
    throw new Error(
      `EMU_ENGINE_USER is ${setting}, but only root can run engines as another user (this is ${name}).`,
    );
  }
  return { name };
}

function findIds(name: string): EngineUser['ids'] | undefined {
  const id = (flag: string) =>
    Number(
      execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** Options for starting any engine program: its user, a neutral place, and no setting or secret of ours. */
export function spawnOptions(user: EngineUser) {
  return {
    ...user.ids,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  };
}

/** Gives a file or a whole folder to the engine user; nothing to do when that is ourselves. */
export async function giveTo(user: EngineUser, target: string): Promise<void> {
  if (!user.ids) return;
  if ((await stat(target)).isFile()) return chown(target, user.ids.uid, user.ids.gid);
  await run('chown', ['-R', `${user.ids.uid}:${user.ids.gid}`, target]);
}

/**
 * Makes `directory` (parents it has to make get 0711, as it does) and returns its real path. Throws, naming the folder
 * and the remedy, when the engine user cannot walk through a parent that was there before.
 */
export async function makeReachable(directory: string, user: EngineUser): Promise<string> {
  const firstMade = await mkdir(directory, { recursive: true, mode: 0o711 });
  for (let made = directory; firstMade && made.startsWith(firstMade); made = path.dirname(made)) {
    await chmod(made, 0o711); // the umask may have taken the x
  }
  const { mode } = await stat(directory);
  if ((mode & 0o711) !== 0o711) await chmod(directory, (mode & 0o777) | 0o711);
  const real = await realpath(directory);
  const closed = await findClosedParent(real, user);
  if (closed) {
    throw new Error(
      `${closed} does not let the user ${user.name} through, who runs the databases in ${real}. ` +
        `Put it elsewhere (--data-dir or TMPDIR), or chmod o+x ${closed}.`,
    );
  }
  return real;
}

async function findClosedParent(directory: string, user: EngineUser): Promise<string | undefined> {
  if (!user.ids) return undefined;
  if (await canWalk(directory, user)) return undefined;
  const parents = [directory];
  while (path.dirname(parents[0]!) !== parents[0]) parents.unshift(path.dirname(parents[0]!));
  for (const parent of parents) if (!(await canWalk(parent, user))) return parent;
  return directory;
}

const canWalk = (directory: string, user: EngineUser): Promise<boolean> =>
  run('test', ['-x', directory], spawnOptions(user)).then(
    () => true,
    () => false,
  );
