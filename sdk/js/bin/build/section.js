// The custom section of a component that holds its manifest.

export const SECTION = 'tenon:manifest';

/** Appends a custom section to a binary. */
export function append(component, name, text) {
  const encoder = new TextEncoder();
  const label = encoder.encode(name);
  const data = encoder.encode(text);
  const body = [...leb(label.length), ...label];
  const head = [0, ...leb(body.length + data.length), ...body];
  const whole = new Uint8Array(component.length + head.length + data.length);
  whole.set(component);
  whole.set(head, component.length);
  whole.set(data, component.length + head.length);
  return whole;
}

/** Returns an unsigned number as LEB128. */
export function leb(number) {
  const bytes = [];
  do {
    const more = number > 0x7f;
    bytes.push((number & 0x7f) | (more ? 0x80 : 0));
    number >>>= 7;
  } while (number > 0);
  return bytes;
}
