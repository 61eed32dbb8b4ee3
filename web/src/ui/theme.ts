import { Store } from './store.ts';

/** Theme that somebody chose; system is that of the device. */
export type Theme = 'system' | 'light' | 'dark';

const key = 'theme';

export const theme = new Store<Theme>(stored());

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system'; // storage can be forbidden
  }
}

/** chooseTheme applies a theme and keeps it for the next visit. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  applyTheme();
  try {
    if (chosen === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, chosen);
  } catch {
    // It holds until the page is left.
  }
}

/** applyTheme lets the style sheet know what was chosen. */
export function applyTheme(): void {
  if (theme.value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}
