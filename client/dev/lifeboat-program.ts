import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cliFailure } from '../exit.ts';
import { killGroup } from './ledger.ts';
import { followLog, sizeOf } from './log-follower.ts';

export interface LifeboatProgramOptions {
  readonly name: 'emulator' | 'worker';
  /** The script to fork: `lifeboat` itself, or a stand-in in tests. */
  readonly entry: string;
  readonly arguments: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logDirectory: string;
  /** How long it may take until it says that it is ready. */
  readonly readyDeadlineMs: number;
  readonly stopDeadlineMs: number;
  /** Each line of its log. */
  readonly onLine: (line: string) => void;
  /** Told the id as soon as there is one. */
  readonly onSpawn: (pid: number) => void;
  readonly signal: AbortSignal;
}

export interface LifeboatProgram {
  readonly pid: number;
  /** What it said when it was ready: the one JSON line on its stdout. */
  readonly ready: Readonly<Record<string, unknown>>;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
  kill(): void;
}

/**
 * Forks another `lifeboat` command with `--json` and resolves when it has printed its ready line. Its
 * IPC channel closes when this process dies, which tells it to end by itself. stderr is appended to
 * `<name>.log`. Rejects with one line that quotes its last ones if it ends, is late or is called off.
 */
export async function startLifeboatProgram(
  options: LifeboatProgramOptions,
): Promise<LifeboatProgram> {
  const logFile = logFileOf(options);
  const answerFile = join(options.logDirectory, `${options.name}.out`);
  const lastLines: string[] = [];
  const stopFollowing = followLog({
    file: logFile,
    offset: sizeOf(logFile),
    onLine: (line) => {
      // A crash of Node has the line that says what happened between these.
      if (!/^\s|^$|^file:|^Node\.js v/.test(line)) lastLines.push(line.trim());
      options.onLine(line);
    },
  });
  const child = forkProgram(options, { logFile, answerFile });
  if (child.pid !== undefined) options.onSpawn(child.pid);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).finally(stopFollowing);
  // The id of one that has ended may be somebody else's by now.
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const kill = () => {
    if (isRunning()) killGroup(child.pid ?? 0);
  };
  const stop = async () => {
    child.kill('SIGTERM');
    // A program that listens to 'disconnect' is kept alive by the channel.
    if (child.connected) child.disconnect();
    const late = delay(options.stopDeadlineMs, 'late' as const, { ref: false });
    if ((await Promise.race([ended, late])) === 'late') kill();
    await ended;
  };
  const outcome = await firstOf({ options, answerFile, ended });
  if ('ready' in outcome) return { pid: child.pid ?? 0, ready: outcome.ready, ended, stop, kill };
  await stop();
  const quoted = lastLines.length > 0 ? `: ${lastLines.slice(-2).join(' ')}` : '';
  throw cliFailure(`The ${options.name} ${outcome.failure}${quoted} (log: ${logFile})`);
}

export const logFileOf = (options: { logDirectory: string; name: string }): string =>
  join(options.logDirectory, `${options.name}.log`);

function forkProgram(
  options: LifeboatProgramOptions,
  { logFile, answerFile }: { logFile: string; answerFile: string },
): ChildProcess {
  const answer = openSync(answerFile, 'w');
  const log = openSync(logFile, 'a');
  try {
    return fork(options.entry, options.arguments, {
      stdio: ['ignore', answer, log, 'ipc'],
      env: options.env,
      execArgv: [],
      // A group of its own: Ctrl-C reaches dev alone, which stops everything in order.
      detached: true,
    });
  } finally {
    closeSync(answer);
    closeSync(log);
  }
}

type Outcome = { ready: Record<string, unknown> } | { failure: string };

function firstOf({
  options,
  answerFile,
  ended,
}: {
  options: LifeboatProgramOptions;
  answerFile: string;
  ended: Promise<string>;
}): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      clearTimeout(deadline);
      options.signal.removeEventListener('abort', calledOff);
      resolve(outcome);
      stopReading();
    };
    const stopReading = followLog({
      file: answerFile,
      offset: 0,
      onLine: (line) => {
        const ready = parseObject(line);
        if (ready) settle({ ready });
      },
    });
    const seconds = options.readyDeadlineMs / 1000;
    const late = () => settle({ failure: `is not ready after ${seconds} s` });
    const deadline = setTimeout(late, options.readyDeadlineMs);
    const calledOff = () => settle({ failure: 'was stopped while starting' });
    options.signal.addEventListener('abort', calledOff, { once: true });
    if (options.signal.aborted) calledOff();
    void ended.then((how) => settle({ failure: `did not start (${how})` }));
  });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
