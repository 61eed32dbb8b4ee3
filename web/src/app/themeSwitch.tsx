import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { MoonIcon, ScreenIcon, SunIcon } from '../ui/icons.tsx';
import { useStore } from '../ui/store.ts';
import { chooseTheme, type Theme, theme } from '../ui/theme.ts';

const choices: [Theme, string, () => JSX.Element][] = [
  ['system', 'As the device', ScreenIcon],
  ['light', 'Light', SunIcon],
  ['dark', 'Dark', MoonIcon],
];

/** ThemeSwitch chooses between light and dark. */
export function ThemeSwitch(): JSX.Element {
  const chosen = useStore(theme);
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">Theme</legend>
      {choices.map(([value, label, Icon]) => (
        <label key={value} class="segment" title={label}>
          <input
            type="radio"
            class="visually-hidden"
            name={name}
            value={value}
            checked={chosen === value}
            onChange={() => chooseTheme(value)}
          />
          <Icon />
          <span class="visually-hidden">{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
