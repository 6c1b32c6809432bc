import { join } from 'node:path';
import type { DataDirectory } from './data-directory.ts';
import { emulatorKeys, withoutForeignSettings, type StackAddresses } from './environment.ts';
import { keepRunning, type Kept, type Restartable } from './keep-running.ts';
import type { Ledger } from './ledger.ts';
import {
  logFileOf,
  startLifeboatProgram,
  type LifeboatProgram,
  type LifeboatProgramOptions,
} from './lifeboat-program.ts';
import type { LocalStack } from './local-stack.ts';
import { notableLines } from './notable-lines.ts';
import { startTemporalServer, type TemporalServer } from './temporal-server.ts';

export interface StackPlan {
  readonly stack: LocalStack;
  readonly directory: DataDirectory;
  readonly addresses: StackAddresses;
  /** Of the worker, beside what this process has. */
  readonly env: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  /** The `temporal` program. */
  readonly binary: string;
  /** The `lifeboat` script. */
  readonly entry: string;
  readonly report: (line: string) => void;
  readonly giveUp: (line: string) => void;
  /** Aborted when everything is to end; calls off whatever is starting. */
  readonly ending: AbortController;
}

export interface StackParts {
  readonly temporal: Kept<TemporalServer>;
  readonly emulator: Kept<LifeboatProgram>;
  readonly worker: Kept<LifeboatProgram> | undefined;
}

/**
 * Starts Temporal and the emulator at once and the worker as soon as Temporal answers. If one does not
 * start, the others are called off and stopped, and the first failure is what is thrown.
 */
export async function startParts(plan: StackPlan): Promise<StackParts> {
  let failure: unknown;
  const parts: Kept<Restartable>[] = [];
  const start = async <T extends Kept<Restartable>>(
    starting: Promise<T>,
  ): Promise<T | undefined> => {
    try {
      const part = await starting;
      parts.push(part);
      return part;
    } catch (error) {
      failure ??= error;
      plan.ending.abort();
      return undefined;
    }
  };
  const temporal = start(keepTemporal(plan));
  const emulator = start(keepEmulator(plan));
  const wantsWorker = plan.stack.worker.start;
  const worker = temporal.then((up) => (up && wantsWorker ? start(keepWorker(plan)) : undefined));
  const started = {
    temporal: await temporal,
    emulator: await emulator,
    worker: await worker,
  };
  if (failure === undefined && started.temporal && started.emulator) {
    return { ...started, temporal: started.temporal, emulator: started.emulator };
  }
  await Promise.all(parts.map((part) => part.stop()));
  throw failure;
}

function keepTemporal(plan: StackPlan): Promise<Kept<TemporalServer>> {
  const { stack, directory } = plan;
  return kept(plan, { name: 'temporal', called: 'The Temporal server' }, () =>
    startTemporalServer({
      binary: plan.binary,
      stack: stack.temporal,
      port: stack.temporal.port,
      uiPort: stack.temporal.uiPort,
      databaseFile: join(directory.path, stack.temporal.databaseFile),
      logFile: logFileOf({ logDirectory: directory.logs, name: 'temporal' }),
      onSpawn: (pid) => plan.ledger.record({ name: 'temporal', pid }),
    }),
  );
}

function keepEmulator(plan: StackPlan): Promise<Kept<LifeboatProgram>> {
  const { port, timeScale, engines } = plan.stack.emulator;
  const flags = ['--port', String(port), '--data-dir', plan.directory.emulator].concat(
    ['--time-scale', String(timeScale), '--engines', engines],
    ['--json'],
  );
  return kept(plan, { name: 'emulator', called: 'The emulator' }, () =>
    startLifeboatProgram({
      ...common(plan, 'emulator'),
      arguments: ['emulator', ...flags],
      env: { ...withoutForeignSettings(process.env), ...emulatorKeys(process.env) },
      // Real engines make and seed their databases before they are ready.
      readyDeadlineMs: 180_000,
      stopDeadlineMs: 30_000,
    }),
  );
}

function keepWorker(plan: StackPlan): Promise<Kept<LifeboatProgram>> {
  return kept(plan, { name: 'worker', called: 'The worker' }, () =>
    startLifeboatProgram({
      ...common(plan, 'worker'),
      arguments: ['worker', '--json'],
      env: { ...withoutForeignSettings(process.env), ...plan.env },
      readyDeadlineMs: 60_000,
      stopDeadlineMs: 30_000,
    }),
  );
}

function common(
  plan: StackPlan,
  name: 'emulator' | 'worker',
): Omit<LifeboatProgramOptions, 'arguments' | 'env' | 'readyDeadlineMs' | 'stopDeadlineMs'> {
  const logDirectory = plan.directory.logs;
  return {
    name,
    logDirectory,
    entry: plan.entry,
    onLine: notableLines({ name, logFile: logFileOf({ logDirectory, name }), print: plan.report }),
    onSpawn: (pid) => plan.ledger.record({ name, pid }),
    signal: plan.ending.signal,
  };
}

function kept<T extends Restartable>(
  plan: StackPlan,
  { name, called }: { name: string; called: string },
  start: () => Promise<T>,
): Promise<Kept<T>> {
  const logFile = logFileOf({ logDirectory: plan.directory.logs, name });
  return keepRunning({
    name: called,
    start,
    report: plan.report,
    onGivenUp: (how) =>
      plan.giveUp(`${called} died again and again (${how}): giving up. Its log: ${logFile}`),
  });
}
