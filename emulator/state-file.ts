import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedAccount } from './accounts.ts';
import type { AuditEntry } from './audit.ts';
import { claimDataDirectory } from './data-directory.ts';
import type { Fault } from './faults.ts';

/** Everything that survives a restart, except the audit, which grows line by line beside it. */
export interface SavedState {
  readonly seed: string;
  readonly accounts: readonly SavedAccount[];
  readonly faults: readonly Fault[];
  /** By cloud, then by account number. */
  readonly clouds: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface StateFile {
  readonly state: SavedState | undefined;
  readonly audit: readonly AuditEntry[];
  /** Written before the answer leaves, so that a killed emulator forgets nothing that a client was told. */
  write(state: SavedState): void;
  append(entry: AuditEntry): void;
  /** Lets another emulator have the directory. */
  release(): void;
}

/** Opens (or makes) the state of an emulator below a directory, which is ours until `release`. Throws `DataDirectoryRefused`. */
export function openStateFile(directory: string): StateFile {
  const release = claimDataDirectory(directory);
  const stateFile = join(directory, 'state.json');
  const auditFile = join(directory, 'audit.jsonl');
  return {
    state: existsSync(stateFile)
      ? (JSON.parse(readFileSync(stateFile, 'utf8')) as SavedState)
      : undefined,
    audit: existsSync(auditFile) ? readLines(readFileSync(auditFile, 'utf8')) : [],
    write: (state) => {
      writeFileSync(`${stateFile}.part`, JSON.stringify(state));
      renameSync(`${stateFile}.part`, stateFile);
    },
    append: (entry) => appendFileSync(auditFile, `${JSON.stringify(entry)}\n`),
    release,
  };
}

/** All whole lines; a line that a killed process left unfinished is dropped. */
function readLines(text: string): AuditEntry[] {
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as AuditEntry];
      } catch {
        return [];
      }
    });
}
