import { closeSync, openSync, readSync, statSync } from 'node:fs';

const lookEveryMs = 100;

/**
 * Hands on each complete line that is appended to a file from `offset` (bytes) on. By looking every
 * 100 ms: our programs write into files and not into pipes, so that they can say their last words and
 * end in order when dev is gone. Answers with the function that takes a last look and stops.
 */
export function followLog(options: {
  file: string;
  offset: number;
  onLine: (line: string) => void;
}): () => void {
  let offset = options.offset;
  let unfinished = '';
  const look = () => {
    const added = readFrom(options.file, offset);
    offset += added.length;
    const lines = (unfinished + added.toString('utf8')).split('\n');
    unfinished = lines.pop() ?? '';
    lines.forEach(options.onLine);
  };
  const timer = setInterval(look, lookEveryMs);
  return () => {
    clearInterval(timer);
    look();
  };
}

/** Size of a file in bytes, 0 if it is absent: where following an appended file starts. */
export const sizeOf = (file: string): number =>
  statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function readFrom(file: string, offset: number): Buffer {
  const length = sizeOf(file) - offset;
  if (length <= 0) return Buffer.alloc(0);
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}
