import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { exitCodes, type ExitCode } from './exit.ts';
import { ending } from './run-end.ts';
import { logLine, present, story, withoutLooks, withoutTimes } from './run-story.ts';
import { exitCodeOf, viewRun, type RunView } from './run-view.ts';
import { say } from './terminal.ts';

const lookEveryMs = 1000;
/** A log that nobody watches still shows that it lives. */
const lineEveryMs = 5 * 60_000;

/**
 * Follows a run until it closes and returns its exit code. On a terminal the last line is live; elsewhere it is
 * one line per change and one every 5 minutes. Ctrl-C stops the watching only. Needs no worker.
 */
export async function watchRun(client: Client, workflowId: string): Promise<ExitCode> {
  const screen = liveScreen();
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop);
  try {
    let told = 0;
    let view: RunView | undefined;
    for (;;) {
      view = await viewRun(client, workflowId, view);
      const lines = story(view);
      lines.slice(told).forEach((line) => screen.print(line));
      told = lines.length;
      const code = exitCodeOf(view);
      if (code !== undefined) {
        screen.clear();
        say(...ending(view));
        return code;
      }
      screen.show(view);
      await pause(lookEveryMs, interrupted.signal);
      if (interrupted.signal.aborted) {
        screen.clear();
        say(...detached(workflowId));
        return exitCodes.succeeded;
      }
    }
  } finally {
    process.removeListener('SIGINT', stop);
  }
}

export function detached(workflowId: string): string[] {
  return [
    'No longer watching; the restore goes on.',
    `  lifeboat watch ${workflowId}`,
    `  lifeboat cancel ${workflowId}   undoes it`,
  ];
}

const pause = (ms: number, signal: AbortSignal) =>
  setTimeout(ms, undefined, { signal }).catch(() => undefined);

function liveScreen() {
  const live = process.stdout.isTTY;
  let last = { text: '', at: 0 };
  const clear = () => {
    if (live) process.stdout.write('\r\u001B[2K');
  };
  return {
    clear,
    print(line: string) {
      clear();
      say(line);
    },
    show(view: RunView) {
      const now = Date.now();
      const doing = present(view, now);
      if (!doing) return;
      const text = `${doing.phase} ${withoutTimes(doing.text)}`;
      if (text !== last.text || now - last.at > lineEveryMs) {
        clear();
        say(logLine(view, { at: now, ...doing, text: withoutLooks(doing.text) }));
        last = { text, at: now };
      }
      if (live) process.stdout.write(`\r\u001B[2K${fitted(logLine(view, { at: now, ...doing }))}`);
    },
  };
}

/** Cut to the terminal's width: a wrapped line could not be overwritten. */
function fitted(line: string): string {
  const width = (process.stdout.columns || 80) - 1;
  let seen = 0;
  let cut = '';
  for (const part of line.split(/(\u001B\[[0-9;]*m)/)) {
    if (part.startsWith('\u001B')) cut += part;
    else {
      cut += part.slice(0, Math.max(0, width - seen));
      seen += part.length;
    }
  }
  return cut;
}
