import type { JSX } from 'preact';

/** Logo is drawn in the tenant's colour, which applyBrand sets. */
export function Logo({ large = false }: { large?: boolean }): JSX.Element {
  return (
    <svg class={large ? 'logo large' : 'logo'} viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <rect class="logo-ground" width="48" height="48" rx="12" />
      <path
        class="logo-face"
        d="M11.5 10.2c0-1.5 1.7-2.3 2.9-1.4l6 4.7a17 17 0 0 1 7.2 0l6-4.7c1.2-.9 2.9-.1 2.9 1.4v14.3c0 8-5.6 13.5-12.5 13.5S11.5 32.5 11.5 24.5z"
      />
      <circle class="logo-ground" cx="18.6" cy="23" r="2" />
      <circle class="logo-ground" cx="29.4" cy="23" r="2" />
      <path class="logo-ground" d="M22 28.5h4l-2 2.4z" />
    </svg>
  );
}

/**
 * applyBrand sets the tenant's colour as a custom property of the document. The policy forbids style
 * attributes in markup and allows what scripts of the page set (CSP Level 3, section 6.7.3.1).
 */
export function applyBrand(color: string | undefined): void {
  if (color === undefined) return;
  const style = document.documentElement.style;
  style.setProperty('--brand', color);
  style.setProperty('--on-brand', isLight(color) ? '#1a2230' : '#ffffff');
}

/** Says whether dark is easier to see on a colour than white, by WCAG's relative luminance. */
export function isLight(color: string): boolean {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.4;
}
