import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { describedBy, FieldBox } from '../ui/field.tsx';
import { useBreeds } from './breeds.ts';
import type { EditingState } from './editing.ts';
import { type Field, fields, isRequired, labels, lengthOf, maxLengthOf, type Values } from './fields.ts';
import type { Faults } from './validate.ts';

interface FormProps {
  state: Pick<EditingState, 'values' | 'faults' | 'attempt' | 'saving'>;
  onChange: (values: Values) => void;
  onSave: () => void;
  /** The id that a breed is stored as. */
  breedOf: (text: string) => string;
  saveText: string;
  cancel: ComponentChildren;
}

/** KittenForm holds the controls of a kitten. What is right is said by the contract, and not by the browser. */
export function KittenForm({ state, onChange, onSave, breedOf, saveText, cancel }: FormProps): JSX.Element {
  const { values, faults, saving } = state;
  const prefix = useId();
  const id = (field: Field) => `${prefix}-${field}`;
  const box = (field: Field) => ({
    id: id(field),
    label: labels[field],
    required: isRequired(field),
    fault: faults[field],
  });
  const counter = (field: Field) => {
    const max = maxLengthOf(field);
    return max === undefined ? undefined : { length: lengthOf(values[field]), max };
  };
  const control = (field: Field) => ({
    ...describedBy(id(field), faults[field]),
    value: values[field],
    onInput: (event: JSX.TargetedInputEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onChange({ ...values, [field]: event.currentTarget.value }),
    'aria-required': isRequired(field),
    // What is on its way stays what is shown.
    readOnly: saving,
  });
  const submit = (event: Event) => {
    event.preventDefault();
    if (!saving) onSave();
  };
  return (
    <form noValidate class="form card padded" onSubmit={submit}>
      <Summary faults={faults} attempt={state.attempt} idOf={id} />
      <FieldBox {...box('name')} counter={counter('name')}>
        <input type="text" dir="auto" autocomplete="off" {...control('name')} />
      </FieldBox>
      <BreedField box={box('breed')} control={control('breed')} text={values.breed} id={breedOf(values.breed)} />
      <FieldBox {...box('birthDate')}>
        <input type="date" class="short" {...control('birthDate')} />
      </FieldBox>
      <FieldBox
        {...box('description')}
        counter={counter('description')}
        hint="What is worth remembering. Search finds these words. "
      >
        <textarea rows={6} dir="auto" {...control('description')} />
      </FieldBox>
      <div class="actions">
        <button type="submit" class="button primary" aria-disabled={saving}>
          {saving ? <span class="spinner small" /> : null}
          {saving ? 'Saving …' : saveText}
        </button>
        {cancel}
      </div>
    </form>
  );
}

interface BreedFieldProps {
  box: { id: string; label: string; required: boolean; fault: string | undefined };
  control: JSX.InputHTMLAttributes<HTMLInputElement>;
  text: string;
  /** What the text is stored as. */
  id: string;
}

function BreedField({ box, control, text, id }: BreedFieldProps): JSX.Element {
  const breeds = useBreeds();
  const listId = `${box.id}-list`;
  const hint =
    id === '' || id === text ? (
      'Choose one of the list, or enter any other. '
    ) : (
      <>
        Stored as <code>{id}</code>.{' '}
      </>
    );
  return (
    <FieldBox {...box} hint={hint}>
      <input type="text" dir="auto" autocomplete="off" list={listId} {...control} />
      <datalist id={listId}>
        {breeds.map((b) => (
          <option key={b.breedId} value={b.name} />
        ))}
      </datalist>
    </FieldBox>
  );
}

interface SummaryProps {
  faults: Faults;
  attempt: number;
  idOf: (field: Field) => string;
}

/** Summary lists what is wrong and leads to it. It takes the focus when an attempt to save shows it. */
function Summary({ faults, attempt, idOf }: SummaryProps): JSX.Element | null {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (attempt > 0) ref.current?.focus();
  }, [attempt]);
  const listed = fields.filter((f) => faults[f] !== undefined);
  const other = faults[''];
  if (listed.length === 0 && other === undefined) return null;
  return (
    <section class="panel error" ref={ref} tabIndex={-1} aria-label="What has to be corrected">
      <div class="panel-text">
        <p class="panel-title">This cannot be saved yet</p>
        <ul>
          {listed.map((field) => (
            <li key={field}>
              <a
                href={`#${idOf(field)}`}
                onClick={(event) => {
                  event.preventDefault();
                  document.getElementById(idOf(field))?.focus();
                }}
              >
                {faults[field]}
              </a>
            </li>
          ))}
          {other ? <li>{other}</li> : null}
        </ul>
      </div>
    </section>
  );
}
