/**
 * Tencent's own status words (DBInstanceStatus, SDK models and CLI, 2026-08), as data. A word that is in no
 * list means busy: never ready, never failed. There is no word for "failed".
 */
export const statuses = {
  ready: 'running',
  /** Comes up by itself after a create. */
  creating: ['applying', 'init', 'initing', 'cloning', 'restoring'],
  /** Works, but somebody has to look after it. */
  degraded: ['limited run', 'readonly'],
  /** On its way out, or in the recycle bin. */
  leaving: ['isolating', 'isolated', 'recycling', 'offlining'],
  gone: ['recycled', 'offline'],
} as const;

const isOneOf = (words: readonly string[]) => (status: string) => words.includes(status);

export const isCreating = isOneOf(statuses.creating);
export const isDegraded = isOneOf(statuses.degraded);
export const isLeaving = isOneOf([...statuses.leaving, ...statuses.gone]);
export const isGone = isOneOf(statuses.gone);
export const isInBin = isOneOf(['isolated']);
