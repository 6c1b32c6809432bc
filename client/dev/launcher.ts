import { readFileSync } from 'node:fs';

const lookEveryMs = 500;

/**
 * Calls back once when npx (or `npm run`) that started this process is gone. npm hands a SIGTERM to its
 * shell only, and the shell dies of it without a word to us: without this, whoever ends `npx lifeboat`
 * leaves Lifeboat behind. Does nothing when npm did not start it. Answers with the function that stops
 * watching.
 */
export function onLauncherGone(gone: () => void): () => void {
  if (process.env['npm_command'] === undefined) return () => undefined;
  const started = launchers();
  const timer = setInterval(() => {
    if (launchers() === started) return;
    clearInterval(timer);
    gone();
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Our parent, and npm above it if the parent is the shell that npm puts between. */
function launchers(): string {
  const parent = process.ppid;
  try {
    const [program, flag] = readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0');
    if (!/(^|\/)(sh|bash|dash)$/.test(program ?? '') || flag !== '-c') return `${parent}`;
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const grandparent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return `${parent} ${grandparent}`;
  } catch {
    return `${parent}`; // no /proc: there the shell is usually replaced by us
  }
}
