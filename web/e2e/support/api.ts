import type { components } from '../../src/api/schema.gen.ts';
import { type Answer, cloud, http, type Tenant } from './cloud.ts';

type Schemas = components['schemas'];

const tokens = new Map<string, Promise<string>>();

/** machineToken is a token of a tenant's machine client, which may do everything there (RFC 6749 section 4.4). */
export function machineToken(tenant: Tenant): Promise<string> {
  const known = tokens.get(tenant.id);
  if (known) return known;
  const asked = fetchToken(tenant);
  tokens.set(tenant.id, asked);
  return asked;
}

/** forgetTokens is for after the signing key was taken away. */
export function forgetTokens(): void {
  tokens.clear();
}

async function fetchToken({ machineClient: { clientId, clientSecret }, billingAccount }: Tenant): Promise<string> {
  const scope = `kittens:read kittens:write breeds:read admin:tasks account:${billingAccount}`;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  });
  const answer = await http(`${cloud.issuer}oauth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  if (answer.status !== 200) throw new Error(`asking for a token of ${clientId}: ${answer.status} ${answer.body}`);
  return answer.json<{ access_token: string }>().access_token;
}

/** api sends a request to a tenant's API, as another client than the page. */
export async function api(
  tenant: Tenant,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return http(tenant.api + path, {
    method,
    headers: { Authorization: `Bearer ${await machineToken(tenant)}`, 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function expected(answer: Promise<Answer>, status: number, what: string): Promise<Answer> {
  const got = await answer;
  if (got.status !== status) throw new Error(`${what}: ${got.status} ${got.body}`);
  return got;
}

export async function createKitten(
  tenant: Tenant,
  input: Partial<Schemas['KittenInput']> & { name: string },
): Promise<Schemas['Kitten']> {
  const body = { breed: 'maine-coon', birthDate: '2026-03-14', ...input };
  return (await expected(api(tenant, 'POST', '/kittens', body), 201, `creating ${input.name}`)).json();
}

export async function readKitten(tenant: Tenant, id: string): Promise<Schemas['Kitten']> {
  return (await expected(api(tenant, 'GET', `/kittens/${id}`), 200, `reading ${id}`)).json();
}

/** changeKitten writes over whatever version there is. */
export async function changeKitten(
  tenant: Tenant,
  id: string,
  change: Partial<Schemas['KittenInput']>,
): Promise<Schemas['Kitten']> {
  const { name, breed, birthDate, description, version } = await readKitten(tenant, id);
  const body = { name, breed, birthDate, ...(description ? { description } : {}), ...change };
  return (
    await expected(api(tenant, 'PUT', `/kittens/${id}`, body, { 'If-Match': `"${version}"` }), 200, `changing ${id}`)
  ).json();
}

export async function deleteKitten(tenant: Tenant, id: string): Promise<void> {
  const { version } = await readKitten(tenant, id);
  await expected(
    api(tenant, 'DELETE', `/kittens/${id}`, undefined, { 'If-Match': `"${version}"` }),
    204,
    `deleting ${id}`,
  );
}

/** deleteAll empties a tenant's list. */
export async function deleteAll(tenant: Tenant): Promise<void> {
  for (;;) {
    const list = (await expected(api(tenant, 'GET', '/kittens?limit=100'), 200, 'listing')).json<
      Schemas['KittenList']
    >();
    if (list.items.length === 0) return;
    for (const { kittenId } of list.items) await deleteKitten(tenant, kittenId);
  }
}

/** searchable waits until what a tenant stores is found, which takes longer for the first kitten: the index is made for it. */
export async function searchable(tenant: Tenant): Promise<void> {
  const word = `warmup${Date.now().toString(36)}`;
  const { kittenId } = await createKitten(tenant, { name: word });
  for (const end = Date.now() + 60_000; ; ) {
    const list = (await expected(api(tenant, 'GET', `/kittens?q=${word}`), 200, 'searching')).json<
      Schemas['KittenList']
    >();
    if (list.items.some((k) => k.kittenId === kittenId)) break;
    if (Date.now() > end) throw new Error(`the search of ${tenant.id} does not find what was stored a minute ago`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await deleteKitten(tenant, kittenId);
}
