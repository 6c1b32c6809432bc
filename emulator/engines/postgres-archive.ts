/** The folder that keeps the log (WAL) of one instance, and reading it back. */
import { spawnSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** initdb --wal-segsize in MB: the smallest, for its copies are many. */
export const walSegmentMb = 1;
const segmentBytes = walSegmentMb * 1024 * 1024;
/** Marks a copy of the file that the server was still writing. */
const tailSuffix = '.tail';
const segmentsPerLog = 2 ** 32 / segmentBytes;

/** Name of the tail of the log file `wal` in the archive. */
export const tailOf = (wal: string) => wal + tailSuffix;

/** Quotes a path for the shell command in a setting, where % is special too. */
const quoted = (file: string) => `'${file.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;

/** The archive_command. A file that is there is replaced: after a crash the server offers the same one again. */
export function archiveCommand(archive: string, copy: string): string {
  const folder = quoted(archive);
  return `${copy} "%p" ${folder}/.%f.part && mv ${folder}/.%f.part ${folder}/%f`;
}

/** `cp` that leaves out the zeros of a half-filled log file, where this system's cp can: 20 KB instead of 1 MB. */
export function findCopyCommand(): string {
  const sparse = spawnSync('cp', ['--sparse=always', '--help'], { stdio: 'ignore' });
  return sparse.status === 0 ? 'cp --sparse=always' : 'cp';
}

/** The restore_command: takes each file from the first folder that has it; `hiding` is treated as lost. */
export function restoreCommand(options: { archives: readonly string[]; hiding?: string }): string {
  const files = options.archives.flatMap((archive) =>
    ['', tailSuffix].map((suffix) => `${quoted(archive)}/%f${suffix}`),
  );
  const copies = files.map((file) => `{ test -f ${file} && cp ${file} "%p"; }`);
  const lost = options.hiding ? `test %f != ${options.hiding} && ` : '';
  return `${lost}{ ${copies.join(' || ')}; }`;
}

/** Timeline and running number of a log file's name; undefined for other names. */
export function parseWalName(name: string): { timeline: string; segment: number } | undefined {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name);
  if (!match) return undefined;
  const [, timeline, log, part] = match as unknown as [string, string, string, string];
  return { timeline, segment: parseInt(log, 16) * segmentsPerLog + parseInt(part, 16) };
}

function walName(timeline: string, segment: number): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  return timeline + hex(Math.floor(segment / segmentsPerLog)) + hex(segment % segmentsPerLog);
}

/** Name of the log file that holds the place `lsn` ("0/3A1B2C8"), on the timeline of the file `like`. */
export function walNameAt(lsn: string, like: string): string {
  const [high, low] = lsn.split('/').map((part) => parseInt(part, 16)) as [number, number];
  const segment = Math.floor((high * 2 ** 32 + low) / segmentBytes);
  return walName(parseWalName(like)!.timeline, segment);
}

/** A log file in the archive; the newest may be a tail that the server still writes. */
export interface ArchivedLog {
  readonly name: string;
  readonly file: string;
}

/** The archived log files from `first` on, on its timeline, in order. */
export async function archivedFrom(archive: string, first: string): Promise<ArchivedLog[]> {
  const timeline = parseWalName(first)?.timeline;
  const files = new Map<string, string>();
  for (const file of (await readdir(archive)).sort()) {
    const name = file.replace(tailSuffix, '');
    const wanted = parseWalName(name)?.timeline === timeline && name >= first;
    if (wanted && !files.has(name)) files.set(name, path.join(archive, file)); // the whole file sorts before its tail
  }
  return Array.from(files, ([name, file]) => ({ name, file }));
}

/**
 * Throws, naming the file, when a log file from `first` up to the newest archived one (at least `last`) is missing or cut.
 * The engine would not say so: without its log it can start with fewer rows.
 */
export async function checkContinuous(options: { archive: string; first: string; last: string }) {
  const logs = await archivedFrom(options.archive, options.first);
  const files = new Map(logs.map(({ name, file }) => [name, file]));
  const { timeline, segment } = parseWalName(options.first)!;
  const end = parseWalName([options.last, ...files.keys()].sort().at(-1)!)!.segment;
  for (let number = segment; number <= end; number += 1) {
    const name = walName(timeline, number);
    const file = files.get(name);
    if (!file) throw new Error(`WAL ${name} is missing from the archive`);
    const { size } = await stat(file);
    if (size !== segmentBytes) {
      throw new Error(`WAL ${name} in the archive has ${size} bytes instead of ${segmentBytes}`);
    }
  }
}
