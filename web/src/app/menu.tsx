import type { JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { hasDrafts } from '../auth/tab.ts';
import { SignOutIcon } from '../ui/icons.tsx';
import { useAccount, useApp } from './context.ts';
import { beforeSignOut } from './navigation.ts';
import { ThemeSwitch } from './themeSwitch.tsx';

/** AccountMenu says who is signed in, and holds what concerns the person and not the data. */
export function AccountMenu(): JSX.Element {
  const { session } = useApp();
  const account = useAccount();
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const signOut = () => {
    // The focus goes back to the button of the menu, where it stays if the answer is no.
    menu.current?.hidePopover();
    beforeSignOut(hasDrafts(account.subject) ? drafts : undefined, () => void session.signOut());
  };
  return (
    <div class="account">
      <button type="button" class="avatar" popovertarget={id}>
        {initials(account.name)}
        <span class="visually-hidden">
          {' '}
          – Account: <bdi>{account.name}</bdi>
        </span>
      </button>
      <div id={id} ref={menu} popover="auto" class="menu">
        <p class="menu-name" dir="auto">
          {account.name}
        </p>
        {account.userName && account.userName !== account.name ? (
          <p class="menu-user" dir="auto">
            {account.userName}
          </p>
        ) : null}
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

const drafts = 'You have changes that are not saved. Signing out removes them.';

/** The first letters of the first and the last word. */
export function initials(name: string): string {
  const words = name.split(/[\s.@_-]+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((w) => [...(w ?? '')][0] ?? '');
  return letters.join('').toUpperCase();
}
