import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cliFailure, exitCodes } from '../exit.ts';
import { endWithMe } from './end-with-me.ts';
import { withoutForeignSettings } from './environment.ts';
import type { TemporalStack } from './local-stack.ts';
import { portHolder } from './port-holder.ts';
import { accepts } from './ports.ts';
import { whyNoAnswer } from './temporal-answer.ts';

const stopDeadlineMs = 10_000;

export interface TemporalServerOptions {
  /** The `temporal` program, from findTemporalBinary. */
  readonly binary: string;
  readonly stack: TemporalStack;
  readonly port: number;
  /** Without one there is no UI. */
  readonly uiPort?: number;
  /** Absolute path; created if absent. Started again on the same file, all runs go on. */
  readonly databaseFile: string;
  /** Output is appended here. */
  readonly logFile: string;
  /** Told the process id as soon as there is one. */
  readonly onSpawn?: (pid: number) => void;
}

export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  readonly pid: number;
  /** Resolves with how it ended ("exit code 1", "SIGKILL"), wanted or not. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL if it is still there after 10 s. Idempotent. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would; resolves when it is gone. Idempotent. */
  kill(): Promise<void>;
}

/**
 * Starts `temporal server start-dev` and resolves once it answers with every search attribute
 * registered. If it ends or does not answer within 30 s: one line that points to its log.
 * It ends with this process, and does not keep it alive.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  // Whoever listens there would answer in its place.
  if (await accepts({ ip: options.stack.ip, port: options.port })) {
    const holder = (await portHolder(options.port)) ?? 'another program';
    throw failed(`cannot start: ${holder} has that port`, options);
  }
  const server = spawnServer(options);
  const asking = new AbortController();
  const ended = server.ended.then((how) => `ended while starting (${how})`);
  const failure = await Promise.race([whyNoAnswer(options, asking.signal), ended]);
  asking.abort();
  if (failure === undefined) return server;
  await server.kill();
  throw failed(failure, options);
}

const failed = (what: string, { port, logFile }: TemporalServerOptions) =>
  cliFailure(
    `The Temporal server on port ${port} ${what}. Its log: ${logFile}`,
    exitCodes.temporalUnreachable,
  );

function spawnServer(options: TemporalServerOptions): TemporalServer {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.binary, serverArguments(options), {
    stdio: ['ignore', log, log],
    env: withoutForeignSettings(process.env),
    // A group of its own: Ctrl-C in the terminal must not take it down before the worker has drained.
    detached: true,
  });
  closeSync(log);
  child.unref();
  if (child.pid !== undefined) options.onSpawn?.(child.pid);
  const callOff = child.pid === undefined ? () => undefined : endWithMe(child.pid);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).finally(callOff);
  const signal = (name: NodeJS.Signals) => {
    child.ref(); // whoever awaits its end must not find the event loop empty
    child.kill(name);
  };
  const kill = async () => {
    signal('SIGKILL');
    await ended;
  };
  const stop = async () => {
    signal('SIGTERM');
    const gone = ended.then(() => true);
    if (!(await Promise.race([gone, delay(stopDeadlineMs, false, { ref: false })]))) await kill();
  };
  const { ip, namespace } = options.stack;
  return { address: `${ip}:${options.port}`, namespace, pid: child.pid ?? 0, ended, stop, kill };
}

/** The command line that temporal-dev.yaml describes. */
export function serverArguments(options: TemporalServerOptions): string[] {
  const { stack, port, uiPort } = options;
  const repeated = (flag: string, values: Record<string, string | number | boolean>) =>
    Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
  const jsonValues = Object.entries(stack.dynamicConfig).map(([k, v]) => [k, JSON.stringify(v)]);
  return ['server', 'start-dev', '--ip', stack.ip, '--port', String(port)].concat(
    ['--namespace', stack.namespace, '--db-filename', options.databaseFile],
    ['--log-format', 'text', '--log-level', stack.logLevel],
    uiPort === undefined
      ? ['--headless']
      : ['--ui-port', String(uiPort), '--ui-disable-news-fetch'],
    repeated('--sqlite-pragma', stack.sqlitePragmas),
    repeated('--search-attribute', stack.searchAttributes),
    repeated('--dynamic-config-value', Object.fromEntries(jsonValues) as Record<string, string>),
  );
}
