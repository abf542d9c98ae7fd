// A provider of OpenID Connect for the tests: the package `oidc-provider`, with its own login pages.
//
// node provider.mjs FOLDER PORT REDIRECT ALG, where FOLDER has the package in `node_modules`.
// Whoever logs in as `ada` is in the group `platform`; all others are in none.
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, port, redirect, alg] = process.argv.slice(2);
const entry = createRequire(`${folder}/`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(entry));

const jwk = (type, options, more) => {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', ...more };
};
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  jwks: {
    keys: [
      jwk('rsa', { modulusLength: 2048 }, { kid: 'r', alg: 'RS256' }),
      jwk('ec', { namedCurve: 'P-256' }, { kid: 'e', alg: 'ES256' }),
    ],
  },
  clients: [{
    client_id: 'tenon',
    client_secret: 'not a secret: it guards a test',
    redirect_uris: [redirect],
    id_token_signed_response_alg: alg,
  }],
  scopes: ['openid', 'profile', 'email'],
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'groups', 'organizations'],
    email: ['email', 'email_verified'],
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: id.toUpperCase(),
      preferred_username: id,
      groups: id === 'ada' ? ['platform'] : [],
      organizations: ['myorg'],
      email: `${id}@example.com`,
      email_verified: true,
    }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ['of a test'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${issuer}`));
