import { refusal } from '../cloud.ts';
import { invalidValue } from './refusals.ts';

export interface TagRow {
  readonly TagKey: string;
  readonly TagValue: string;
}

type Wrong = 'empty' | 'keyLength' | 'valueLength' | 'reserved' | 'duplicate';

const maxTags = 50;

/**
 * What is wrong with a list of tags, by the tag service's limits: keys of 1 to 127 characters, values of up to 255, no key twice,
 * none of the platform's own. ASSUMPTION: that products check the same limits, and which prefixes are reserved.
 */
function wrongTag(rows: readonly TagRow[]): { what: Wrong; message: string } | undefined {
  const seen = new Set<string>();
  for (const { TagKey, TagValue } of rows) {
    if (TagKey === '') return { what: 'empty', message: 'A tag key must not be empty.' };
    if ([...TagKey].length > 127)
      return { what: 'keyLength', message: 'A tag key must not have more than 127 characters.' };
    if ([...TagValue].length > 255)
      return {
        what: 'valueLength',
        message: 'A tag value must not have more than 255 characters.',
      };
    if (/^(qcs:|qcloud)/i.test(TagKey))
      return { what: 'reserved', message: `The tag key ${TagKey} is reserved for the platform.` };
    if (seen.has(TagKey))
      return { what: 'duplicate', message: `The tag key ${TagKey} is given twice.` };
    seen.add(TagKey);
  }
  return undefined;
}

/** `TagList` of CloneDBInstance. ASSUMPTION: the codes; the page lists none for tags. */
export function checkTagList(rows: readonly TagRow[]): void {
  const wrong = wrongTag(rows);
  if (wrong) throw invalidValue(wrong.message);
  if (rows.length > maxTags)
    throw refusal(
      'FailedOperation.AllocateQuotasError',
      `An instance can have ${maxTags} tags, not ${rows.length}.`,
    );
}

/** Codes of the tag service (error codes of its SDKs, 2026-11). ASSUMPTION: which of them means what here. */
const tagServiceCodes: Record<Wrong, string> = {
  empty: 'InvalidParameterValue.TagKeyEmpty',
  keyLength: 'InvalidParameterValue.TagKeyLengthExceeded',
  valueLength: 'InvalidParameterValue.TagValueLengthExceeded',
  reserved: 'InvalidParameterValue.ReservedTagKey',
  duplicate: 'InvalidParameterValue.TagKeyDuplicate',
};

/** Tags of a call of the tag service. */
export function checkServiceTags(rows: readonly TagRow[]): void {
  const wrong = wrongTag(rows);
  if (wrong) throw refusal(tagServiceCodes[wrong.what], wrong.message);
}
