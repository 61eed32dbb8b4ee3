import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { SearchIcon } from '../ui/icons.tsx';
import { Empty } from '../ui/states.tsx';
import { Page } from './page.tsx';

export function NotFound({ what = 'There is no page at this address.' }: { what?: string }): JSX.Element {
  const list = (
    <Link href="/kittens" class="button primary">
      All kittens
    </Link>
  );
  return (
    <Page title="Not found">
      <div class="card">
        <Empty icon={<SearchIcon />} title={what} actions={list}>
          <p>It may have been removed, or the address is not complete.</p>
        </Empty>
      </div>
    </Page>
  );
}
