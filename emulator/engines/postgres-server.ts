/** One PostgreSQL server process: settings, start, readiness, stop. */
import { spawn } from 'node:child_process';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint, EngineDescription } from './engine.ts';
import { hbaText, type Settings, settingsText } from './postgres-settings.ts';
import type { Binaries } from './postgres-binaries.ts';
import type { Home } from './postgres-record.ts';
import { firstRow, withSession } from './postgres-session.ts';
import { type EngineUser, giveTo, spawnOptions } from './postgres-user.ts';

/** The programs, who runs them, and the plain copy command of this system. */
export interface Engine {
  readonly binaries: Binaries;
  readonly user: EngineUser;
  readonly copy: string;
  /** Every server that runs now, by its data folder. */
  readonly live: Map<string, Server>;
}

/** What really runs, as the port shows it. */
export const describeEngine = ({ binaries }: Engine): EngineDescription => ({
  actual: `PostgreSQL ${binaries.version}`,
  version: binaries.version,
});

export interface Server {
  running(): boolean;
  /**
   * `fast` writes everything and archives the log; `immediate` is for data nobody needs any more. What has not ended after
   * `seconds` ends without writing, which its log makes good at the next start, and is killed soon after. Idempotent.
   */
  stop(how: 'fast' | 'immediate', seconds?: number): Promise<void>;
}

/**
 * Starts a server on the data in `home` and returns once it answers queries and has left recovery. Rejects with the engine's own
 * FATAL and PANIC lines when it ends before that, or when it is not ready within `readySeconds`.
 */
export async function startServer(options: {
  engine: Engine;
  home: Home;
  endpoint: Endpoint;
  password: string;
  settings: Settings;
  readySeconds?: number;
}): Promise<Server> {
  const { engine, endpoint, settings } = options;
  const { data } = options.home;
  const texts = {
    'postgresql.conf': settingsText(endpoint, settings),
    'pg_hba.conf': hbaText,
  };
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(path.join(data, name), text);
    await giveTo(engine.user, path.join(data, name));
  }
  await rm(path.join(data, 'postmaster.pid'), { force: true }); // leftovers were stopped before; the pid may be anyone's now
  const server = await spawnServer(engine, options.home);
  try {
    await waitUntilReady({ ...options, server });
    return server;
  } catch (error) {
    await server.stop('immediate');
    throw error;
  }
}

async function spawnServer(engine: Engine, { data, log }: Home) {
  const output = await open(log, 'w');
  // A group of its own: Ctrl-C in the emulator's terminal must not reach it before close() does.
  const child = spawn(engine.binaries.postgres, ['-D', data], {
    ...spawnOptions(engine.user),
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  });
  let ended: string | undefined;
  const end = new Promise<void>((resolve) => {
    const finish = (reason: string) => {
      ended ??= reason;
      engine.live.delete(data);
      resolve();
    };
    child.on('error', (error) => finish(error.message));
    child.on('exit', (code, signal) => finish(`exit ${code ?? signal}`));
  });
  const server = {
    pid: child.pid,
    ended: () => ended,
    running: () => ended === undefined,
    async stop(how: 'fast' | 'immediate', seconds = 30) {
      if (ended === undefined) child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      const timers = [
        setTimeout(() => child.kill('SIGQUIT'), seconds * 1000),
        setTimeout(() => child.kill('SIGKILL'), seconds * 1000 + 500),
      ];
      await end;
      for (const timer of timers) clearTimeout(timer);
    },
  };
  if (ended === undefined) engine.live.set(data, server);
  await output.close();
  return server;
}

type StartingServer = Awaited<ReturnType<typeof spawnServer>>;

async function waitUntilReady(options: {
  server: StartingServer;
  home: Home;
  endpoint: Endpoint;
  password: string;
  readySeconds?: number;
}): Promise<void> {
  const { server, endpoint, password, readySeconds = 120 } = options;
  const { data, log } = options.home;
  const deadline = Date.now() + readySeconds * 1000;
  for (;;) {
    const ended = server.ended();
    if (ended !== undefined) throw new Error(await ownWords(log, ended));
    if (Date.now() > deadline) {
      throw new Error(
        `PostgreSQL is not ready after ${readySeconds} s: ${await ownWords(log, 'no message')}`,
      );
    }
    if (await saysReady(data, server.pid)) break;
    await pause(10);
  }
  // Another server may own the port: ask whom we reach.
  const seen = await withSession({ endpoint, password }, (session) =>
    firstRow<{ data: string; recovering: boolean }>(
      session,
      `select current_setting('data_directory') as data, pg_is_in_recovery() as recovering`,
    ),
  );
  if (seen.data !== data || seen.recovering) {
    throw new Error(
      `${endpoint.address}:${endpoint.port} answers for ${seen.data} instead of ${data}`,
    );
  }
}

/** The server keeps its state in line 8 of its pid file; reading that spares its log our refused logins. */
async function saysReady(data: string, pid: number | undefined): Promise<boolean> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

async function ownWords(log: string, otherwise: string): Promise<string> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const harmless =
    /starting up|not yet accepting|in recovery mode|shutting down|terminating connection/;
  const words = text
    .split('\n')
    .filter((line) => /^(FATAL|PANIC):/.test(line) && !harmless.test(line));
  if (words.length) return words.map((line) => line.replace(/\s+/g, ' ')).join(' | ');
  return text.trim().split('\n').slice(-3).join(' | ') || otherwise;
}
