import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { BackIcon } from '../ui/icons.tsx';
import { useApp } from './context.ts';
import { arrivedBy } from './navigation.ts';

interface PageProps {
  /** Beginning of the document's title, and heading if there is no other. */
  title: string;
  /** The title with what people wrote set apart, whichever direction that has. */
  heading?: ComponentChildren;
  /** Where the page is below. */
  parent?: { href: string; name: string };
  /** What can be done with the page as a whole. */
  actions?: ComponentChildren;
  /** Another title of the document than the heading. */
  documentTitle?: string;
  narrow?: boolean;
  children: ComponentChildren;
}

/** Page is the frame of every screen. Whoever comes to it by a link continues at its heading. */
export function Page({
  title,
  heading = title,
  parent,
  actions,
  documentTitle = title,
  narrow = false,
  children,
}: PageProps): JSX.Element {
  const { tenant } = useApp().config;
  const first = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${documentTitle} · ${tenant.name}`;
  }, [documentTitle, tenant.name]);
  useLayoutEffect(() => {
    if (arrivedBy() === 'load') return;
    if (arrivedBy() === 'link') scrollTo(0, 0);
    first.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class={narrow ? 'page narrow' : 'page'}>
      {parent ? (
        <nav aria-label="Parent page" class="parent">
          <Link href={parent.href} class="back">
            <BackIcon />
            <bdi>{parent.name}</bdi>
          </Link>
        </nav>
      ) : null}
      <div class="page-head">
        <h1 ref={first} tabIndex={-1}>
          {heading}
        </h1>
        {actions ? <div class="actions">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}

/** focusHeading is where to continue when what had the focus is gone from the page. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}

/** PageSkeleton stands where a page is going to be. */
export function PageSkeleton(): JSX.Element {
  return (
    <div class="page" aria-busy="true">
      <p class="visually-hidden">Loading …</p>
      <div class="page-head">
        <span class="skeleton heading" />
      </div>
      <div class="card padded">
        <span class="skeleton line" />
        <span class="skeleton line short" />
      </div>
    </div>
  );
}
