// A program that people let in: the client of the npm package `@modelcontextprotocol/sdk`, driven by
// one JSON object per line. It answers each with one.
//
// node client.mjs FOLDER RESOURCE REDIRECT
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, serverUrl, redirectUrl] = process.argv.slice(2);
const path = createRequire(`${folder}/`).resolve('@modelcontextprotocol/sdk/client/auth.js');
const { auth } = await import(pathToFileURL(path).href.replace('/cjs/', '/esm/'));

const kept = {};
const provider = {
  redirectUrl,
  clientMetadata: { client_name: 'A real client', redirect_uris: [redirectUrl] },
  state: () => 'a state of its own',
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: (url) => { kept.authorize = url.href; },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  invalidateCredentials: (scope) => {
    if (scope === 'all') delete kept.client;
    delete kept.tokens;
  },
};

const does = {
  // Asks for access, exchanges a code, or refreshes, as the client thinks fit.
  async auth({ code, scope }) {
    const result = await auth(provider, { serverUrl, authorizationCode: code, scope });
    return { result, authorize: kept.authorize, client: kept.client, tokens: kept.tokens };
  },
  async call({ path, method = 'GET' }) {
    const headers = { authorization: `Bearer ${kept.tokens.access_token}` };
    const answer = await fetch(new URL(path, serverUrl), { method, headers });
    const challenge = answer.headers.get('www-authenticate');
    return { status: answer.status, challenge, body: await answer.text() };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...rest } = JSON.parse(line);
  const said = await does[what](rest).catch((err) => ({ failed: String(err) }));
  console.log(JSON.stringify(said));
}
