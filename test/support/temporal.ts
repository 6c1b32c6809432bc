import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLocalStack } from '../../client/dev/local-stack.ts';
import { freePort } from '../../client/dev/ports.ts';
import { findTemporalBinary } from '../../client/dev/temporal-binary.ts';
import { startTemporalServer, type TemporalServer } from '../../client/dev/temporal-server.ts';

export interface TestTemporal {
  /** "127.0.0.1:21377"; stays the same over kill and restart. */
  readonly address: string;
  readonly namespace: string;
  /** The path of the `temporal` program, for tests that use the command line. */
  readonly binary: string;
  /** Ends a server of one's own. The shared one goes on until the mocha process ends: safe in every `after`. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** Starts again on the same file and port, and resolves when it answers. */
  restart(): Promise<void>;
}

let shared: Promise<TestTemporal> | undefined;

/**
 * The real Temporal server of this mocha process: headless, on a free port, with a file, our search
 * attributes and 50 ms timers. Started by the first caller (about 0.3 s) and shared by all: use
 * workflow ids and task queues of your own.
 */
export function startTemporal(): Promise<TestTemporal> {
  shared ??= start().then((temporal) => ({ ...temporal, stop: () => Promise.resolve() }));
  return shared;
}

/** A server for one test alone, to be killed and restarted without disturbing others. Stop it in `after`. */
export function startOwnTemporal(): Promise<TestTemporal> {
  return start();
}

async function start(): Promise<TestTemporal> {
  const stack = readLocalStack().temporal;
  const binary = await findTemporalBinary({
    wanted: stack,
    env: process.env,
    report: (line) => process.stderr.write(`${line}\n`),
  });
  const directory = mkdtempSync(join(tmpdir(), 'lifeboat-temporal-'));
  const port = await freePort(stack.ip);
  const startServer = () =>
    startTemporalServer({
      binary: binary.path,
      stack,
      port,
      databaseFile: join(directory, 'temporal.db'),
      logFile: join(directory, 'temporal.log'),
    });
  let server: TemporalServer = await startServer();
  const removeAtExit = () => {
    void server.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', removeAtExit);
  return {
    address: server.address,
    namespace: server.namespace,
    binary: binary.path,
    kill: () => server.kill(),
    restart: async () => {
      await server.kill();
      server = await startServer();
    },
    stop: async () => {
      process.off('exit', removeAtExit);
      await server.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
