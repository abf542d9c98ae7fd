// Handles of the host that end before their call does.

/** How the engine of components names the end of a handle, where the language has no name for it. */
const DISPOSE = (Symbol as { dispose?: symbol }).dispose ?? Symbol.for('dispose');

/** Gives a handle back to the host. Doubles may have nothing to give back. */
export function dispose(handle: object): void {
  (handle as Record<symbol, (() => void) | undefined>)[DISPOSE]?.();
}
