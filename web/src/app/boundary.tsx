import { Component, type ComponentChildren, type JSX } from 'preact';

/** Boundary shows a page with a way on if a part of the application has a fault. */
export class Boundary extends Component<{ children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  override componentDidCatch(error: unknown): void {
    this.setState({ failed: true });
    reportError(error);
  }

  override render(): JSX.Element {
    if (!this.state.failed) return <>{this.props.children}</>;
    return (
      <Broken title="Something went wrong">
        <p>This page has a fault. What you typed is kept in this tab.</p>
        <div class="actions stacked">
          <button type="button" class="button primary wide" onClick={() => location.reload()}>
            Load the page anew
          </button>
        </div>
      </Broken>
    );
  }
}

/** Broken is the frame of errors that leave nothing of the application to be shown. */
export function Broken({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="gate">
      <main class="gate-card">
        <h1>{title}</h1>
        <div role="alert" class="gate-text">
          {children}
        </div>
      </main>
    </div>
  );
}
