// A real OpenID provider on a free port of this machine. Prints its issuer when it is up, and ends with its stdin.
// Pages and sign-in are the library's own (devInteractions): any name signs in.
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// Installed outside the checkout, in the directory that is named on the command line.
const installed = createRequire(`${process.argv[2]}/package.json`);
const load = (name) => import(pathToFileURL(installed.resolve(name)).href);
const { Provider } = await load('oidc-provider');
const { exportJWK, generateKeyPair } = await load('jose');

const keys = [];
for (const [alg, kid] of [['RS256', 'rsa'], ['ES256', 'ec']]) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  keys.push({ ...(await exportJWK(privateKey)), alg, kid, use: 'sig' });
}

const server = http.createServer();
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const client = (id, more) => ({
  client_id: id,
  redirect_uris: ['http://127.0.0.1:1/sign-in/oidc', 'http://127.0.0.1:1/sign-in/oidc/callback'],
  application_type: 'native',
  grant_types: ['authorization_code'],
  ...more,
});
const provider = new Provider(issuer, {
  jwks: { keys },
  clients: [
    client('confidential', { client_secret: 'a secret/with:odd+characters%', id_token_signed_response_alg: 'ES256' }),
    client('public', { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'RS256' }),
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'] },
  // Into the ID token and not only into /userinfo.
  conformIdTokenClaims: false,
  cookies: { keys: ['of one test'] },
  features: { devInteractions: { enabled: true } },
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true }),
  }),
});
server.on('request', provider.callback());
process.stdin.on('end', () => process.exit(0)).resume();
console.log(issuer);
