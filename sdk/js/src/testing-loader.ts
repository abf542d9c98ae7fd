// Gives Node the doubles where a plugin imports the contract.

interface Resolved { url: string; shortCircuit?: boolean }

/** A hook of Node's module loader. */
export async function resolve(
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<Resolved>,
): Promise<Resolved> {
  const name = /^tenon:plugin\/([a-z-]+)/.exec(specifier)?.[1];
  if (name === undefined) return next(specifier, context);
  return { url: new URL(`./doubles/${name}.js`, import.meta.url).href, shortCircuit: true };
}
