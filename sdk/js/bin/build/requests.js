// What a plugin asks its operator for, against what it uses.
import { FREE } from './contract.js';
import { hint } from './nearest.js';

/** Capabilities that are given part by part, and how a part may look. */
const PARTS = {
  blob: 'reports',
  http: 'GET api.example.com',
  kernel: 'GET /api/v1/runs/*',
  process: 'git',
  'secret-reveal': 'SIGNING_KEY',
  'secret-store': 'DEPLOY_TOKEN',
  tcp: 'db.example.com:5432',
};
/**
 * What the kernel does for plugins by their grants: it sends the requests that they describe, and
 * moves archives from and to the buckets that they name.
 */
const DONE = { cache: ['blob', 'http'], model: ['http'] };

/** Names all that is wrong, sentence by sentence. */
export function requestProblems({ name, kinds, requests, used, capabilities }) {
  const asked = requests.map(({ capability }) => capability);
  const done = kinds.flatMap((kind) => DONE[kind] ?? []);
  const isUsed = (capability) => used.includes(capability) || done.includes(capability);
  return [
    ...used.filter((capability) => !asked.includes(capability)).map((capability) => unasked(name, capability)),
    ...requests.flatMap((request) => wrong(name, request, isUsed, capabilities)),
  ];
}

function unasked(name, capability) {
  const parameters = PARTS[capability] ? `parameters: ['${PARTS[capability]}'], ` : '';
  const request = `{ capability: '${capability}', ${parameters}reason: '…' }`;
  return `${name} uses ${capability}, but does not ask for it: add ${request} to its requests`;
}

function wrong(name, { capability, parameters = [], reason }, isUsed, capabilities) {
  const asks = `${name} asks for ${capability}`;
  if (FREE.includes(capability)) return [`${asks}, which every plugin has: remove it from its requests`];
  if (!capabilities.includes(capability)) {
    return [`${name} asks for ${JSON.stringify(capability)}, which is no capability; ${hint(capability, capabilities)}`];
  }
  const found = [];
  if (!isUsed(capability)) {
    found.push(`${asks}, but does not use it: remove it from its requests, or import @tenon/sdk/${capability}`);
  }
  const part = PARTS[capability];
  if (part && parameters.length === 0) {
    found.push(`${asks} without saying of what: name what it needs, such as parameters: ['${part}']`);
  }
  if (!reason) found.push(`${asks} without a reason: the operator who decides needs one`);
  return found;
}
