import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { SignOutIcon } from '../ui/icons.tsx';
import { useAccount, useApp } from './context.ts';
import { unguard } from './navigation.ts';
import { ThemeSwitch } from './themeSwitch.tsx';

/** AccountMenu says who is signed in, and holds what concerns the person and not the data. */
export function AccountMenu(): JSX.Element {
  const { session } = useApp();
  const account = useAccount();
  const id = useId();
  const signOut = () => {
    unguard();
    void session.signOut();
  };
  return (
    <div class="account">
      <button type="button" class="avatar" popovertarget={id}>
        {initials(account.name)}
        <span class="visually-hidden"> – Account: {account.name}</span>
      </button>
      <div id={id} popover="auto" class="menu">
        <p class="menu-name">{account.name}</p>
        {account.userName && account.userName !== account.name ? <p class="menu-user">{account.userName}</p> : null}
        <div class="menu-row">
          <span>Theme</span>
          <ThemeSwitch />
        </div>
        <button type="button" class="button wide" onClick={signOut}>
          <SignOutIcon />
          Sign out
        </button>
      </div>
    </div>
  );
}

/** The first letters of the first and the last word. */
export function initials(name: string): string {
  const words = name.split(/[\s.@_-]+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((w) => [...(w ?? '')][0] ?? '');
  return letters.join('').toUpperCase();
}
