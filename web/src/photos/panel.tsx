import type { JSX } from 'preact';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { announce } from '../ui/announce.tsx';
import { useKeptFocus } from '../ui/focus.ts';
import { formatBytes } from '../ui/format.ts';
import { UploadIcon } from '../ui/icons.tsx';
import { ErrorPanel } from '../ui/states.tsx';
import { useStore } from '../ui/store.ts';
import { acceptedTypes, maxSize, PhotoError, type PhotoType, typeNames } from './inspect.ts';
import type { Upload, UploadState } from './upload.ts';

interface UploadProps {
  upload: Upload;
  /** Whether there is a photo already. */
  replaces: boolean;
}

/** PhotoUpload chooses, shows and sends a photo. Each step takes the place of the one before, and of its focus. */
export function PhotoUpload({ upload, replaces }: UploadProps): JSX.Element {
  const state = useStore(upload);
  const area = useKeptFocus<HTMLFieldSetElement>();
  useSpoken(state);
  return (
    <fieldset class="upload" ref={area} tabIndex={-1} aria-label="New photo">
      <Step state={state} upload={upload} replaces={replaces} />
    </fieldset>
  );
}

function Step({ state, upload, replaces }: UploadProps & { state: UploadState }): JSX.Element {
  switch (state.step) {
    case 'chosen':
      return <Chosen file={state.file} type={state.type} upload={upload} replaces={replaces} />;
    case 'preparing':
    case 'sending':
      return <Sending state={state} upload={upload} />;
    case 'checking':
      return <Checking late={state.late} upload={upload} />;
    case 'cancelled':
      return (
        <Retry
          what="Sending was cancelled"
          error={new PhotoError('The photo was not uploaded.')}
          onRetry={() => void upload.send(state.file, state.type)}
          upload={upload}
        />
      );
    case 'failed':
      return <Failed state={state} upload={upload} />;
    case 'rejected':
      return (
        <>
          <ErrorPanel error={new PhotoError(state.reason)} what="The photo was not accepted" />
          <Chooser upload={upload} text="Choose another photo" />
        </>
      );
    case 'none':
    case 'stored':
      return <Chooser upload={upload} text={replaces ? 'Replace the photo' : 'Add a photo'} />;
  }
}

/** Screen readers are told the steps, and of the progress each quarter. */
function useSpoken(state: UploadState): void {
  const quarter = state.step === 'sending' ? Math.floor((state.sent / state.file.size) * 4) : 0;
  useEffect(() => {
    if (state.step === 'sending') announce(`Sending the photo, ${quarter * 25} %`);
    else if (state.step === 'checking')
      announce(state.late ? 'The photo is still being checked' : 'The photo is being checked');
    else if (state.step === 'stored') announce('The photo is stored');
  }, [state.step, quarter, state.step === 'checking' && state.late]);
}

/** Chooser takes a file by a dialog, or one that is dropped on it. */
function Chooser({ upload, text }: { upload: Upload; text: string }): JSX.Element {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null | undefined) => {
    const file = files?.[0];
    if (file) void upload.choose(file);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is another way to do what the button inside does
    <div
      class={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <input
        ref={input}
        id={id}
        type="file"
        class="visually-hidden"
        accept={acceptedTypes}
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = ''; // the same file can be chosen again
        }}
      />
      <button type="button" class="button" aria-describedby={`${id}-hint`} onClick={() => input.current?.click()}>
        <UploadIcon />
        {text}
      </button>
      <p class="hint" id={`${id}-hint`}>
        {typeNames}, at most {formatBytes(maxSize)}. <span class="for-mouse">You can also drop a file here.</span>
      </p>
    </div>
  );
}

interface ChosenProps {
  file: File;
  type: PhotoType;
  upload: Upload;
  replaces: boolean;
}

function Chosen({ file, type, upload, replaces }: ChosenProps): JSX.Element {
  const url = useMemo(() => URL.createObjectURL(file), [file]);
  const send = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    send.current?.focus();
    return () => URL.revokeObjectURL(url);
  }, [url]);
  return (
    <div class="preview">
      <img src={url} alt={`Preview of ${file.name}`} />
      <div class="preview-text">
        <p class="preview-name" dir="auto">
          {file.name}
        </p>
        <p class="hint">{formatBytes(file.size)}</p>
        {replaces ? <p class="hint">The photo of now stays until this one is checked.</p> : null}
        <div class="actions">
          <button type="button" class="button primary" ref={send} onClick={() => void upload.send(file, type)}>
            <UploadIcon />
            Upload
          </button>
          <button type="button" class="button" onClick={() => upload.cancel()}>
            Cancel
          </button>
        </div>
      </div>
    </div>
  );
}

type SendingState = Extract<UploadState, { step: 'preparing' | 'sending' }>;

function Sending({ state, upload }: { state: SendingState; upload: Upload }): JSX.Element {
  const id = useId();
  const sent = state.step === 'sending' ? state.sent : undefined;
  return (
    <div class="progress-box">
      <p id={id}>
        {sent === undefined
          ? 'Preparing the photo …'
          : `Sending ${formatBytes(Math.min(sent, state.file.size))} of ${formatBytes(state.file.size)}`}
      </p>
      <progress aria-labelledby={id} max={state.file.size} {...(sent === undefined ? {} : { value: sent })} />
      <div class="actions">
        <button type="button" class="button" onClick={() => upload.cancel()}>
          Cancel
        </button>
      </div>
    </div>
  );
}

function Checking({ late, upload }: { late: boolean; upload: Upload }): JSX.Element {
  const id = useId();
  return (
    <div class="progress-box">
      <p id={id}>
        {late
          ? 'The photo arrived and is still being checked. You can leave this page; it appears when it is ready.'
          : 'The photo arrived and is being checked …'}
      </p>
      {late ? (
        <div class="actions">
          <button type="button" class="button" onClick={() => void upload.look()}>
            Look again
          </button>
        </div>
      ) : (
        <progress aria-labelledby={id} />
      )}
    </div>
  );
}

interface FailedProps {
  state: Extract<UploadState, { step: 'failed' }>;
  upload: Upload;
}

function Failed({ state: { error, file, type }, upload }: FailedProps): JSX.Element {
  const again = file && type ? () => void upload.send(file, type) : undefined;
  const what = error instanceof PhotoError ? 'This file cannot be used' : 'The photo was not uploaded';
  return <Retry what={what} error={error} onRetry={again} upload={upload} />;
}

interface RetryProps {
  what: string;
  error: unknown;
  onRetry: (() => void) | undefined;
  upload: Upload;
}

function Retry({ what, error, onRetry, upload }: RetryProps): JSX.Element {
  return (
    <>
      <ErrorPanel error={error} what={what} onRetry={onRetry} />
      <Chooser upload={upload} text={onRetry ? 'Choose another photo' : 'Choose a photo'} />
    </>
  );
}
