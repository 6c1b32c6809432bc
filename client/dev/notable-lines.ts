const notable = /\b(WARN|WARNING|ERROR|FATAL)\b|^\w*Error: |"level":\s*"(warn|error|fatal)"/;
const linesPerWindow = 5;
const windowMs = 10_000;

/**
 * Lets only warnings and errors of a program through to the terminal, at most 5 in 10 s; what is held
 * back is counted, and stands in the log.
 */
export function notableLines(options: {
  name: string;
  logFile: string;
  print: (line: string) => void;
}): (line: string) => void {
  let windowEnds = 0;
  let shown = 0;
  return (line) => {
    if (!notable.test(line)) return;
    if (Date.now() > windowEnds) [windowEnds, shown] = [Date.now() + windowMs, 0];
    shown += 1;
    if (shown <= linesPerWindow) options.print(`${options.name}: ${line}`);
    if (shown === linesPerWindow + 1) options.print(`${options.name}: more in ${options.logFile}`);
  };
}
