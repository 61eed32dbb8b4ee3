import './ui/styles/index.css';
import { render } from 'preact';
import { createApi } from './api/client.ts';
import { ConnectivityStore } from './api/connectivity.ts';
import { createQueryClient } from './api/queries.ts';
import { Application } from './app/app.tsx';
import { Boundary, Broken } from './app/boundary.tsx';
import { applyBrand } from './app/brand.tsx';
import { ConfigError, loadConfig } from './app/config.ts';
import type { App } from './app/context.ts';
import { watchHistory } from './app/navigation.ts';
import { Session } from './auth/session.ts';
import { applyTheme } from './ui/theme.ts';

async function start(root: HTMLElement): Promise<void> {
  const config = await loadConfig();
  document.title = config.tenant.name;
  applyBrand(config.tenant.color);
  const session = new Session(config);
  const connectivity = new ConnectivityStore();
  const app: App = { config, session, connectivity, api: createApi(config.api, session, connectivity) };
  // A renewal in a frame shows nothing; it only hands its answer to the page around it.
  if (window.parent === window) {
    render(
      <Boundary>
        <Application app={app} queries={createQueryClient()} />
      </Boundary>,
      root,
    );
  }
  await session.start();
}

function showBroken(root: HTMLElement, error: unknown): void {
  if (!(error instanceof ConfigError)) reportError(error);
  const problems = error instanceof ConfigError ? error.problems : [];
  render(
    <Broken title="The application cannot start">
      {problems.length > 0 ? <p>Its configuration, /config.json, cannot be used:</p> : null}
      <ul>
        {problems.map((p) => (
          <li key={p}>{p}</li>
        ))}
      </ul>
      <div class="actions stacked">
        <button type="button" class="button primary wide" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </Broken>,
    root,
  );
}

const root = document.getElementById('app');
if (root) {
  applyTheme();
  watchHistory();
  start(root).catch((error: unknown) => showBroken(root, error));
}
