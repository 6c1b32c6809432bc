import { z } from 'zod';

/** Faults that decide what one call gets for an answer. A call meets at most one of them. */
const answerFaults = {
  refuse: z.strictObject({ code: z.string(), message: z.string().optional() }),
  refuseDelete: z.strictObject({ code: z.string().optional(), message: z.string().optional() }),
  throttle: z.strictObject({}),
  http500: z.strictObject({ acted: z.boolean().default(false) }),
  html502: z.strictObject({ acted: z.boolean().default(false) }),
  hang: z.strictObject({ acted: z.boolean().default(false) }),
  garbage: z.strictObject({ acted: z.boolean().default(true) }),
  slow: z.strictObject({ ms: z.number().nonnegative() }),
  dropBefore: z.strictObject({}),
  dropAfter: z.strictObject({}),
  emptyList: z.strictObject({}),
};

/** Faults that stick to the next resource that a create really makes. */
const resourceFaults = {
  listLag: z.strictObject({ seconds: z.number().nonnegative() }),
  tagLag: z.strictObject({ seconds: z.number().nonnegative() }),
  stuck: z.strictObject({ status: z.string().optional() }),
  flap: z.strictObject({ status: z.string().optional() }),
  buildFails: z.strictObject({}),
  vanish: z.strictObject({}),
  corruptBackup: z.strictObject({
    backupId: z.string().optional(),
    how: z.enum([
      'walGap',
      'cutFile',
      'flipBytes',
      'wrongTimeline',
      'cutRdb',
      'ignoredRdb',
      'rewrittenAof',
      'missingBinlog',
      'cutBinlog',
    ]),
  }),
};

/** Somebody else's like-named instance, made at the moment when a create arrives. */
const arrivalFaults = { twin: z.strictObject({ copyTags: z.boolean().default(false) }) };

export const faultOptions = { ...answerFaults, ...resourceFaults, ...arrivalFaults };

export type AnswerFault = keyof typeof answerFaults;
export type ResourceFault = keyof typeof resourceFaults;
export type FaultKind = keyof typeof faultOptions;
export const faultKinds = Object.keys(faultOptions) as FaultKind[];

export const isAnswerFault = (kind: FaultKind): kind is AnswerFault => kind in answerFaults;
export const isResourceFault = (kind: FaultKind): kind is ResourceFault => kind in resourceFaults;

/** The options of one kind, defaults filled in. */
export type OptionsOf<Kind extends FaultKind> = z.output<(typeof faultOptions)[Kind]>;
