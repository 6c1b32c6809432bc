import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

/** "process 4711 (temporal server start-dev …)", or undefined if the system does not tell. */
export async function portHolder(port: number): Promise<string | undefined> {
  try {
    return process.platform === 'linux' ? holderFromProc(port) : await holderFromLsof(port);
  } catch {
    return undefined;
  }
}

function holderFromProc(port: number): string | undefined {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port));
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  const pid = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && holdsAny(entry, sockets));
  if (!pid) return undefined;
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  return `process ${pid} (${shorten(command)})`;
}

function listeners(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync(table, 'utf8').split('\n').slice(1);
  return rows.flatMap((row) => {
    const columns = row.trim().split(/\s+/);
    const isListener = columns[1]?.endsWith(`:${hexPort}`) && columns[3] === '0A';
    return isListener && columns[9] ? [columns[9]] : [];
  });
}

function holdsAny(pid: string, sockets: Set<string>): boolean {
  try {
    const descriptors = readdirSync(`/proc/${pid}/fd`);
    return descriptors.some((fd) => sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false; // another user's process, or one that has just ended
  }
}

async function holderFromLsof(port: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(
    'lsof',
    ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'],
    { timeout: 3000 },
  );
  const [, pid, command] = /p(\d+)\nc(.+)/.exec(stdout) ?? [];
  return pid ? `process ${pid} (${shorten(command ?? '')})` : undefined;
}

const shorten = (command: string): string =>
  command.length > 80 ? `${command.slice(0, 79)}…` : command;
