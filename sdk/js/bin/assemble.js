// Puts into the package what the compiler does not: the contract, and the types of its imports.
import { cp, rm } from 'node:fs/promises';

const here = (path) => new URL(`../${path}`, import.meta.url);
await rm(here('wit/'), { recursive: true, force: true });
// The sources in the repository are the truth; what is in the package is a copy, never edited.
await cp(here('../../wit/tenon-plugin@1.0.0/'), here('wit/'), {
  recursive: true,
  filter: (path) => !path.includes('/schema'),
});
await cp(here('src/imports.d.ts'), here('dist/imports.d.ts'));
