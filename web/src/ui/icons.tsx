import type { ComponentChildren, JSX } from 'preact';

interface IconProps {
  children: ComponentChildren;
}

// Every icon stands beside a text or in a control that has a name.
function Icon({ children }: IconProps): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m16 16 4.5 4.5" />
  </Icon>
);

export const PlusIcon = () => (
  <Icon>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);

export const PencilIcon = () => (
  <Icon>
    <path d="m4 20 1-4.5L16.5 4l3.5 3.5L8.5 19z" />
    <path d="m14 6.5 3.5 3.5" />
  </Icon>
);

export const TrashIcon = () => (
  <Icon>
    <path d="M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10.2 10.5v5.5M13.8 10.5v5.5" />
  </Icon>
);

export const PhotoIcon = () => (
  <Icon>
    <rect x="3.5" y="5" width="17" height="14" rx="2" />
    <circle cx="9" cy="10" r="1.5" />
    <path d="m4 17 5-4.5 3.5 3 3-2.5 4.5 4" />
  </Icon>
);

export const UploadIcon = () => (
  <Icon>
    <path d="M12 16V4.5M7 9l5-5 5 5M4.5 15.5v4h15v-4" />
  </Icon>
);

export const BackIcon = () => (
  <Icon>
    <path d="m14.5 5-7 7 7 7" />
  </Icon>
);

export const ForwardIcon = () => (
  <Icon>
    <path d="m9.5 5 7 7-7 7" />
  </Icon>
);

export const WarningIcon = () => (
  <Icon>
    <path d="M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.2" />
  </Icon>
);

export const CheckIcon = () => (
  <Icon>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);

export const OfflineIcon = () => (
  <Icon>
    <path d="M3 9.5c1.5-1.3 3.2-2.2 5-2.8M12 6c3.3 0 6.5 1.2 9 3.5M6.5 13.5c1.4-1.2 3-1.9 4.8-2M17.5 13.5l-1-.8M12 18.5v.1M4 4l16 16" />
  </Icon>
);

export const LockIcon = () => (
  <Icon>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2" />
    <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
  </Icon>
);

export const TasksIcon = () => (
  <Icon>
    <path d="m4 7 1.5 1.5L8.5 5.5M4 16.5 5.5 18l3-3M12 7h8M12 16.5h8" />
  </Icon>
);

export const RefreshIcon = () => (
  <Icon>
    <path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4h-4" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="12" cy="12" r="3.8" />
    <path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z" />
  </Icon>
);

export const ScreenIcon = () => (
  <Icon>
    <rect x="3.5" y="5" width="17" height="11.5" rx="1.5" />
    <path d="M9 20h6" />
  </Icon>
);

export const SignOutIcon = () => (
  <Icon>
    <path d="M13.5 5H5.5v14h8M10 12h10M16.5 8.5 20 12l-3.5 3.5" />
  </Icon>
);
