import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { BackIcon } from '../ui/icons.tsx';
import { useApp } from './context.ts';
import { arrivedBy } from './navigation.ts';

interface PageProps {
  /** Heading, and beginning of the document's title. */
  title: string;
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
  parent,
  actions,
  documentTitle = title,
  narrow = false,
  children,
}: PageProps): JSX.Element {
  const { tenant } = useApp().config;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${documentTitle} · ${tenant.name}`;
  }, [documentTitle, tenant.name]);
  useLayoutEffect(() => {
    if (arrivedBy() === 'load') return;
    if (arrivedBy() === 'link') scrollTo(0, 0);
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class={narrow ? 'page narrow' : 'page'}>
      {parent ? (
        <nav aria-label="Parent page" class="parent">
          <Link href={parent.href} class="back">
            <BackIcon />
            {parent.name}
          </Link>
        </nav>
      ) : null}
      <div class="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
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
