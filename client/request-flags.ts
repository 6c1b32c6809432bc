import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { askWorker } from './ask-worker.ts';
import { cliFailure } from './exit.ts';
import { meantMoment } from './moment.ts';
import { spokenMoment } from '../activities/moments.ts';
import { readRequestFile, restoreForSource, type RequestRead } from './request-file.ts';
import { restores } from '../activities/index.ts';

export interface RequestFlags {
  file?: string;
  at?: string;
  ago?: string;
  backup?: string;
  name?: string;
  reason?: string;
  account?: string;
  region?: string;
  onFailure?: string;
  set?: string[];
  json?: true;
}

/** The flags by which `plan` and `restore` take a request. */
export function requestOptions(command: Command): Command {
  return command
    .argument('[source]', 'instance id, unless -f names a file')
    .option('-f, --file <path>', 'a request as YAML or JSON; - is standard input')
    .option('--at <moment>', '"02:41", "2026-11-21 02:41:00" or with an offset; to the second')
    .option('--ago <duration>', 'such as 30m')
    .option('--backup <id>', 'a backup id, or latest')
    .option('--name <prefix>', 'prefix of the new instance’s name')
    .option('--reason <text>', 'incident or ticket, for the auditors')
    .option('--account <name>', 'an account of the worker')
    .option('--region <region>', 'default: the account’s')
    .option('--on-failure <policy>', 'undo (default) or keep')
    .option('--set <field=value...>', 'a target field, such as --set Storage=300')
    .option('--json', 'one JSON line');
}

interface Given {
  source: string | undefined;
  flags: RequestFlags;
}

/**
 * The request of the file that -f names; undefined where flags describe one. Asks nobody: a faulty file is
 * refused at once, whether Temporal answers or not.
 */
export function requestOfFile({ source, flags }: Given): RequestRead | undefined {
  const { file } = flags;
  if (!file) return undefined;
  if (source) throw cliFailure('Give a source or -f, not both.');
  const beside = besideFile.filter((flag) => flags[flag] !== undefined);
  if (beside.length > 0)
    throw cliFailure(
      `${beside.map(spelt).join(', ')}: write that into ${file}; flags do not change a file.`,
    );
  return checked(readRequestFile(file));
}

/** Flags that describe a request themselves. */
const besideFile = [
  ...(['at', 'ago', 'backup', 'name', 'reason', 'account', 'region'] as const),
  ...(['onFailure', 'set'] as const),
];

const spelt = (flag: string) =>
  `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function checked(read: RequestRead): RequestRead {
  const parsed = restores[read.restore].parse(read.request);
  if ('issues' in parsed) throw cliFailure(`InvalidRequest: ${parsed.issues.join('; ')}`);
  return read;
}

/** The request that flags describe; checked by the restore's own schema before anything is made. */
export async function requestFrom(client: Client, given: Given): Promise<RequestRead> {
  return checked(await readFlags(client, given));
}

async function readFlags(client: Client, { source, flags }: Given): Promise<RequestRead> {
  if (!source) throw cliFailure('Name a source (lifeboat sources lists them), or a file with -f.');
  const { account, region, name, reason, onFailure } = flags;
  const target = targetFrom(flags.set ?? []);
  return {
    restore: restoreForSource(source),
    request: {
      source,
      from: await pointFrom(client, source, flags),
      ...(account ? { account } : {}),
      ...(region ? { region } : {}),
      ...(name ? { name } : {}),
      ...(reason ? { reason } : {}),
      ...(onFailure ? { onFailure } : {}),
      ...(Object.keys(target).length > 0 ? { target } : {}),
    },
  };
}

/** `Storage=300` as a number, `SecurityGroupIds=["sg-1"]` as JSON, the rest as text. */
function targetFrom(pairs: string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw cliFailure(`--set ${pair}: write field=value`);
      return [pair.slice(0, at), valueOf(pair.slice(at + 1))];
    }),
  );
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

async function pointFrom(client: Client, source: string, flags: RequestFlags): Promise<unknown> {
  const { at, ago, backup } = flags;
  const given = [at && '--at', ago && '--ago', backup && '--backup'].filter(Boolean);
  if (given.length !== 1)
    throw cliFailure(
      given.length === 0
        ? 'Say to which point: --at, --ago or --backup (lifeboat points shows the choice).'
        : `Give one of --at, --ago, --backup, not ${given.join(' and ')}.`,
    );
  if (ago) return { ago };
  if (backup) return { backup };
  // What a bare clock time means depends on the account's zone and the cloud's clock.
  const { account, region } = flags;
  const answer = await askWorker(client, 'points', {
    source,
    ...(account ? { account } : {}),
    ...(region ? { region } : {}),
  });
  const meant = meantMoment(at!, answer);
  if (!meant)
    throw cliFailure(
      `--at ${at}: write 02:41, 02:41:00, "2026-11-21 02:41:00" or that with an offset`,
    );
  return { pointInTime: spokenMoment(meant, answer.timeZone) };
}
