import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { promisify } from 'node:util';

/** Tenant as `tenantctl status --json` describes it. */
export interface Tenant {
  id: string;
  billingAccount: string;
  url: string;
  api: string;
  machineClient: { clientId: string; clientSecret: string };
}

interface Status {
  endpoint: string;
  issuer: string;
  tenants: Tenant[];
}

/** The local cloud that runs: TENANTSTACK_STATUS names a file with its status. */
export const cloud: Status = JSON.parse(readFileSync(setting('TENANTSTACK_STATUS'), 'utf8'));

/** setting reads an environment variable that whoever runs the tests has to set. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`running browser tests: ${name} is not set; web/README.md says to what`);
  return value;
}

/** The tenant with shared tables and search, and the one with its own. */
export const shared = tenant('tabby-cafe');
export const dedicated = tenant('acme');

export function tenant(id: string): Tenant {
  const found = cloud.tenants.find((t) => t.id === id);
  if (!found)
    throw new Error(`the local cloud has no tenant "${id}"; it has ${cloud.tenants.map((t) => t.id).join(', ')}`);
  return found;
}

/** tenantctl runs the CLI against the data folder of the local cloud. */
export async function tenantctl(...args: string[]): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(setting('TENANTSTACK_TENANTCTL'), [...args, '--data', setting('TENANTSTACK_DATA')]);
  return stdout;
}

/** Answer of an HTTP request. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  json<T>(): T;
}

interface Options {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/**
 * http sends a request to a host below localhost. Browsers resolve such names themselves and Node.js leaves it to
 * the machine, so the address is that of the local cloud, and the name goes into the Host header.
 */
export function http(url: string, { method = 'GET', headers = {}, body }: Options = {}): Promise<Answer> {
  const { host, pathname, search } = new URL(url);
  const { hostname, port } = new URL(cloud.endpoint);
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, path: pathname + search, method, headers: { ...headers, Host: host } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const data = Buffer.concat(chunks);
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(Object.entries(answer.headers).map(([k, v]) => [k, String(v)])),
            body: data,
            json: <T>() => JSON.parse(data.toString()) as T,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
