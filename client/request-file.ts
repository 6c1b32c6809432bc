import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { isRestoreName, restores, type RestoreName } from '../activities/index.ts';
import { cliFailure } from './exit.ts';

export interface RequestRead {
  restore: RestoreName;
  request: Record<string, unknown>;
}

/** A request from a YAML or JSON file (`-` is standard input): the workflow's argument, no envelope. */
export function readRequestFile(path: string): RequestRead {
  let content: unknown;
  try {
    content = parse(readFileSync(path === '-' ? 0 : path, 'utf8'));
  } catch (error) {
    throw cliFailure(`${path}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw cliFailure(`${path}: a request is one object, see examples/requests`);
  const request = content as Record<string, unknown>;
  return { restore: restoreOf(request, path), request };
}

const known = Object.keys(restores).join(', ');

function restoreOf(request: Record<string, unknown>, path: string): RestoreName {
  const named = request['restore'];
  if (typeof named === 'string') {
    if (isRestoreName(named)) return named;
    throw cliFailure(`${path}: restore: ${named} is none of ${known}`);
  }
  const { source } = request;
  return restoreForSource(typeof source === 'string' ? source : '');
}

/** The restore that takes such a source id. */
export function restoreForSource(source: string): RestoreName {
  const fitting = (Object.keys(restores) as RestoreName[]).filter((name) =>
    restores[name].sourceId.test(source),
  );
  if (fitting.length === 1) return fitting[0]!;
  throw cliFailure(
    fitting.length === 0
      ? `No restore takes a source like "${source}". Known restores: ${known}`
      : `Several restores take "${source}": name one in the file (restore: …): ${fitting.join(', ')}`,
  );
}
