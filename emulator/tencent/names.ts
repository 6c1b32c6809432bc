import { refusal } from '../cloud.ts';
import { invalidValue } from './refusals.ts';

/** Chinese, English, digits, "_" and "-", shorter than 60 (SEED, parameter Name). */
const charset = /^[\p{Script=Han}A-Za-z0-9_-]*$/u;
const tooLong = (name: string) => [...name].length >= 60;

/** CloneDBInstance knows only the general code for a wrong name. */
export function checkName(name: string): void {
  if (name === '' || tooLong(name) || !charset.test(name))
    throw invalidValue(
      '`Name` supports Chinese, English, digits, "_" and "-" with a length less than 60.',
    );
}

/** ModifyDBInstanceName has two of its own (SDK error list). */
export function checkNewName(name: string): void {
  if (name === '' || tooLong(name))
    throw refusal(
      'InvalidParameterValue.ParameterLengthLimitError',
      '`InstanceName` must have 1 to 59 characters.',
    );
  if (!charset.test(name))
    throw refusal(
      'InvalidParameterValue.ParameterCharacterError',
      '`InstanceName` supports Chinese, English, digits, "_" and "-" only.',
    );
}
