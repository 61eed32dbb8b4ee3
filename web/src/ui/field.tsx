import type { ComponentChildren, JSX } from 'preact';

interface FieldProps {
  id: string;
  label: string;
  required: boolean;
  /** What helps to fill it in. */
  hint?: ComponentChildren;
  /** What is wrong with it. */
  fault?: string | undefined;
  /** How much of the most that is possible is used. */
  counter?: { length: number; max: number } | undefined;
  children: ComponentChildren;
}

/** Attributes that tie a control to the texts of its field. */
export function describedBy(id: string, fault: string | undefined): JSX.AriaAttributes & { id: string } {
  const ids = [`${id}-hint`, ...(fault ? [`${id}-fault`] : [])];
  return { id, 'aria-describedby': ids.join(' '), 'aria-invalid': fault !== undefined };
}

/** FieldBox is a control with its label, help and fault. */
export function FieldBox({ id, label, required, hint, fault, counter, children }: FieldProps): JSX.Element {
  // A counter is of interest when the end is near.
  const near = counter !== undefined && counter.length > counter.max * 0.8;
  return (
    <div class={fault ? 'field faulty' : 'field'}>
      <label for={id}>
        {label}
        {required ? null : <span class="optional"> optional</span>}
      </label>
      {children}
      {fault ? (
        <p class="field-problem" id={`${id}-fault`}>
          {fault}
        </p>
      ) : null}
      <p class="hint" id={`${id}-hint`}>
        {hint}
        {near ? (
          <span class={counter.length > counter.max ? 'counter over' : 'counter'}>
            {counter.length} of {counter.max} characters
          </span>
        ) : null}
      </p>
    </div>
  );
}
