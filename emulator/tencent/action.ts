import type { z } from 'zod';
import type { ActionFacts, Call, CallKind, Performed, Subject } from '../cloud.ts';
import { readParameters } from './parameters.ts';
import type { TencentContext } from './state.ts';

/** The two services that this cloud serves, by their API version. */
export type ServiceVersion = '2017-03-12' | '2018-08-13';

/** One API action: what the cloud knows of it, and how it is done. */
export interface Action extends ActionFacts {
  readonly version: ServiceVersion;
  /** Calls per second of one account in one region. */
  readonly perSecond: number;
  readonly needsRegion: boolean;
  /** What a call is about, as far as its unchecked parameters tell. */
  subject(call: Call): Subject;
  perform(context: TencentContext, call: Call): Promise<Performed> | Performed;
}

/** What a reading action answers; writing ones also say what they were about. */
export type Done = Partial<Subject> & { readonly answer: object };

export const aboutNothing: Subject = { resourceId: null, name: null, tags: {} };

/** Defines one action: `parameters` is its request, already checked, when `perform` gets it. */
export function action<Schema extends z.ZodType<Record<string, unknown>>>(definition: {
  version?: ServiceVersion;
  kind?: CallKind;
  perSecond: number;
  needsRegion?: boolean;
  parameters: Schema;
  emptyAnswer?: object;
  subject?: (parameters: z.output<Schema>) => Partial<Subject>;
  /** What a create is about, from parameters that may be anything; its resource is known only once it is made. */
  sent?: (parameters: Call['parameters']) => Partial<Subject>;
  perform: (
    context: TencentContext,
    call: Call,
    parameters: z.output<Schema>,
  ) => Promise<Done> | Done;
}): Action {
  const { parameters: schema, emptyAnswer, subject, sent, perform } = definition;
  const asSent = (call: Call): Subject => {
    if (sent) return { ...aboutNothing, ...sent(call.parameters) };
    const { DBInstanceId: id } = call.parameters;
    return { ...aboutNothing, ...(typeof id === 'string' && { resourceId: id }) };
  };
  const subjectOf = (call: Call, parameters: z.output<Schema>): Subject => ({
    ...asSent(call),
    ...subject?.(parameters),
  });
  return {
    version: definition.version ?? '2017-03-12',
    kind: definition.kind ?? 'read',
    perSecond: definition.perSecond,
    needsRegion: definition.needsRegion ?? true,
    ...(emptyAnswer && { emptyAnswer }),
    subject: (call) => {
      try {
        return subjectOf(call, readParameters(schema, call));
      } catch {
        return asSent(call);
      }
    },
    perform: async (context, call) => {
      const checked = readParameters(schema, call);
      return { ...subjectOf(call, checked), ...(await perform(context, call, checked)) };
    },
  };
}
