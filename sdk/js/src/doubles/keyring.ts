// A double of `tenon:plugin/keyring`: what is sealed carries what it is bound to, and hides nothing.

import { refusal } from './host.js';

export const seal = (associated: Uint8Array, plain: Uint8Array) =>
  new Uint8Array([associated.length, ...associated, ...plain]);

export function open(associated: Uint8Array, sealed: Uint8Array): Uint8Array {
  const [length = 0] = sealed;
  const bound = sealed.subarray(1, 1 + length);
  if (`${bound}` !== `${associated}`) throw refusal('invalid', 'it was sealed for something else');
  return sealed.subarray(1 + length);
}
