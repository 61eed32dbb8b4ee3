import { isSitePath } from './sitePath.ts';

/** WebConfig is /config.json, which plan.WebConfig of the platform writes: all that differs between tenants. */
export interface WebConfig {
  version: 1;
  tenant: { id: string; name: string; color?: string };
  /** OpenID Connect issuer that signs people in. */
  issuer: string;
  clientId: string;
  /** Scopes to ask for, separated by spaces. */
  scope: string;
  /** Parameters of every authorization request. */
  authorizationParameters?: Record<string, string>;
  /** Path that the paths of the API are below. */
  api: string;
}

/** ConfigError lists everything that is wrong with the configuration. */
export class ConfigError extends Error {
  readonly problems: string[];

  constructor(problems: string[], options?: ErrorOptions) {
    super(`reading /config.json: ${problems.join('; ')}`, options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** loadConfig fetches the configuration of the tenant whose page this is. */
export async function loadConfig(): Promise<WebConfig> {
  let response: Response;
  try {
    response = await fetch('/config.json', { cache: 'no-store' });
  } catch (cause) {
    throw new ConfigError(['it cannot be reached'], { cause });
  }
  if (!response.ok) throw new ConfigError([`it is answered with status ${response.status}`]);
  let value: unknown;
  try {
    value = await response.json();
  } catch (cause) {
    throw new ConfigError(['it is no JSON'], { cause });
  }
  return checkConfig(value);
}

/** checkConfig returns the value if it is a configuration, and else throws all that is wrong with it. */
export function checkConfig(value: unknown): WebConfig {
  const problems: string[] = [];
  const root = members(value);
  const tenant = members(root.tenant);
  if (root.version !== 1) problems.push(`version is ${JSON.stringify(root.version)}; this application reads 1`);
  demandText(tenant, 'id', 'tenant.id', problems);
  demandText(tenant, 'name', 'tenant.name', problems);
  if (tenant.color !== undefined && !/^#[0-9a-f]{6}$/i.test(String(tenant.color))) {
    problems.push(`tenant.color is ${JSON.stringify(tenant.color)}; it has to be #rrggbb`);
  }
  for (const name of ['issuer', 'clientId', 'scope', 'api']) demandText(root, name, name, problems);
  if (typeof root.issuer === 'string' && !/^https?:\/\//.test(root.issuer)) {
    problems.push(`issuer is ${JSON.stringify(root.issuer)}; it has to be a URL`);
  }
  if (typeof root.api === 'string' && !(isSitePath(root.api) && root.api !== '/')) {
    problems.push(`api is ${JSON.stringify(root.api)}; it has to be a path of this site`);
  }
  const parameters = root.authorizationParameters;
  if (parameters !== undefined && Object.values(members(parameters)).some((v) => typeof v !== 'string')) {
    problems.push('authorizationParameters has values that are no texts');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return value as WebConfig;
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function demandText(object: Record<string, unknown>, name: string, path: string, problems: string[]): void {
  const value = object[name];
  if (typeof value !== 'string' || value === '') problems.push(`${path} is missing`);
}
