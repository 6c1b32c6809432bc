import type * as workflows from '../workflows/index.ts';
import type { Account } from './accounts.ts';
import type { Parsed } from './request.ts';
import { cloneRequest, parseCloneRequest } from './tencent-postgres-clone/request.ts';
import type { z } from 'zod';

/** What worker, CLI, `schema` and the conformance suite need to know of a restore. */
export interface Restore {
  cloud: Account['cloud'];
  /** The workflow type's own schema; its JSON Schema is what `lifeboat schema` prints. */
  schema: z.ZodType;
  parse(input: unknown): Parsed<unknown>;
  /** Source ids that this restore takes, so that `lifeboat restore <source>` knows which one is meant. */
  sourceId: RegExp;
  queue: string;
  /** The activities, loaded when a worker serves them: the SDKs stay out of the CLI. */
  load(): Promise<Record<string, (...args: never[]) => Promise<unknown>>>;
}

/** The catalog: every restore by its workflow type. A workflow without an entry does not compile. */
export const restores = {
  tencentPostgresClone: {
    cloud: 'tencent',
    schema: cloneRequest,
    parse: parseCloneRequest,
    sourceId: /^postgres-/,
    queue: 'lifeboat-tencent',
    load: async () => ({ ...(await import('./tencent-postgres-clone/activities.ts')).activities }),
  },
} satisfies Record<Exclude<keyof typeof workflows, Around>, Restore>;

/** Workflows that are no restores. */
type Around = 'undo' | 'keep' | 'sources' | 'points' | 'plan';

export type RestoreName = keyof typeof restores;

export function isRestoreName(name: string): name is RestoreName {
  return Object.hasOwn(restores, name);
}
