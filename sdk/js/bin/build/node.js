// Which Node.js the SDK needs. Read by older ones, too: it imports nothing, and uses no new syntax.

/** Has `register` of `node:module`, which puts the doubles in place. */
const OLDEST = [20, 6];

/** Returns whether a version, such as 18.20.4, is older than that. */
export function isTooOld(version) {
  const [major, minor] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** Says what is needed. */
export function needed(version) {
  return `Tenon's SDK needs Node.js ${OLDEST.join('.')} or newer, but this is ${version}: install a newer one, or put it first into the PATH`;
}
