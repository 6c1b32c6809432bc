import Table from 'cli-table3';
import pc from 'picocolors';

const none = '';

/** A plain table: columns by two spaces, no lines, so that it can be cut and grepped. */
export function table(head: string[], rows: string[][]): string {
  const made = new Table({
    head: head.map((name) => pc.dim(name)),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: none,
      'top-mid': none,
      'top-left': none,
      'top-right': none,
      bottom: none,
      'bottom-mid': none,
      'bottom-left': none,
      'bottom-right': none,
      left: none,
      'left-mid': none,
      mid: none,
      'mid-mid': none,
      right: none,
      'right-mid': none,
      middle: none,
    },
  });
  made.push(...rows);
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
