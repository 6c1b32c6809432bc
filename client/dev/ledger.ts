import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { cliFailure } from '../exit.ts';
import { beginningOf } from './process-identity.ts';

const stopDeadlineMs = 15_000;

const runningProcess = z.object({ name: z.string(), pid: z.int().positive(), began: z.string() });
const ledgerContent = z.object({ dev: runningProcess, processes: z.array(runningProcess) });

type RunningProcess = z.infer<typeof runningProcess>;

/** Which processes run on a data directory, on disk (dev.json), so that a killed dev's can be found. */
export interface Ledger {
  /** Notes a process under its name, instead of an earlier one of that name. */
  record(process: { name: string; pid: number }): void;
  /** Gives the data directory free. */
  close(): void;
}

/**
 * Takes a data directory: refuses with one line if another dev lives on it, and ends what a killed one
 * left behind. Only processes that are proved to be the recorded ones (same id, same beginning) are
 * touched.
 */
export async function takeOver(options: {
  file: string;
  report: (line: string) => void;
}): Promise<Ledger> {
  const earlier = read(options.file);
  if (earlier && isAlive(earlier.dev)) {
    throw cliFailure(
      `Another lifeboat dev (process ${earlier.dev.pid}) runs on ${options.file}. ` +
        'Stop it, or choose another directory: --data-dir <dir>',
    );
  }
  const left = earlier?.processes.filter(isAlive) ?? [];
  if (left.length > 0) {
    const names = left.map(({ name, pid }) => `${name} (process ${pid})`).join(', ');
    options.report(`Ending what an earlier run left behind: ${names}.`);
  }
  await Promise.all(left.map(end));
  return openLedger(options.file);
}

function openLedger(file: string): Ledger {
  const processes = new Map<string, RunningProcess>();
  const dev = identify({ name: 'dev', pid: process.pid });
  const write = () =>
    writeFileSync(
      file,
      `${JSON.stringify({ dev, processes: [...processes.values()] }, null, 2)}\n`,
    );
  write();
  return {
    record: (started) => {
      processes.set(started.name, identify(started));
      write();
    },
    close: () => rmSync(file, { force: true }),
  };
}

const identify = ({ name, pid }: { name: string; pid: number }): RunningProcess => ({
  name,
  pid,
  began: beginningOf(pid) ?? 'unknown',
});

const isAlive = ({ pid, began }: RunningProcess): boolean => beginningOf(pid) === began;

function read(file: string): z.infer<typeof ledgerContent> | undefined {
  try {
    return ledgerContent.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // none, or cut off by a crash
  }
}

async function end(left: RunningProcess): Promise<void> {
  try {
    process.kill(left.pid, 'SIGTERM');
  } catch {
    return; // it went by itself meanwhile
  }
  const deadline = Date.now() + stopDeadlineMs;
  while (isAlive(left) && Date.now() < deadline) await delay(25);
  if (!isAlive(left)) return;
  killGroup(left.pid);
  while (isAlive(left)) await delay(25);
}

/** SIGKILL to a process that leads a group, and to all of the group: its engines die with an emulator. */
export function killGroup(pid: number): void {
  if (pid <= 1) return; // 0 and -1 mean something else to kill(2)
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // gone already, or no process groups here (Windows)
    }
  }
}
