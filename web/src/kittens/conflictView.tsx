import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { formatMoment } from '../ui/format.ts';
import { useBreeds } from './breeds.ts';
import { choose, compare, type Difference, type Side } from './conflict.ts';
import type { KittenInput } from './data.ts';
import type { Conflict } from './editing.ts';
import { display, editable, labels } from './fields.ts';

interface ConflictProps {
  conflict: Conflict;
  saving: boolean;
  onSave: (input: KittenInput) => void;
  onBack: () => void;
}

/** ConflictView shows both versions of a kitten that was changed in the meantime, and makes one of them. */
export function ConflictView({
  conflict: { base, mine, current },
  saving,
  onSave,
  onBack,
}: ConflictProps): JSX.Element {
  const theirs = editable(current.kitten);
  const merge = compare(base, mine, theirs);
  const [sides, setSides] = useState(merge.suggested);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, [current.etag]);
  return (
    <section class="card padded conflict" aria-labelledby="conflict-title">
      <h2 id="conflict-title" ref={heading} tabIndex={-1}>
        Somebody else changed this kitten
      </h2>
      <p>
        While you were editing, version {current.kitten.version} was saved on {formatMoment(current.kitten.updatedAt)}.
        Choose what to keep of each field.
      </p>
      {merge.differences.length === 0 ? <p class="notice">Both versions say the same by now.</p> : null}
      {merge.differences.map((d) => (
        <Choice
          key={d.field}
          difference={d}
          mine={mine}
          theirs={theirs}
          side={sides[d.field]}
          onSide={(side) => setSides({ ...sides, [d.field]: side })}
        />
      ))}
      <div class="actions">
        <button
          type="button"
          class="button primary"
          aria-disabled={saving}
          onClick={() => saving || onSave(choose(mine, theirs, sides))}
        >
          {saving ? <span class="spinner small" /> : null}
          {saving ? 'Saving …' : 'Save what is chosen'}
        </button>
        <button type="button" class="button" onClick={onBack}>
          Back to the form
        </button>
      </div>
    </section>
  );
}

const changes: Record<Difference['changedBy'], string> = {
  me: 'changed by you',
  them: 'changed by somebody else',
  both: 'changed by both of you',
};

interface ChoiceProps {
  difference: Difference;
  mine: KittenInput;
  theirs: KittenInput;
  side: Side;
  onSide: (side: Side) => void;
}

function Choice({ difference: { field, changedBy }, mine, theirs, side, onSide }: ChoiceProps): JSX.Element {
  const breeds = useBreeds();
  const name = useId();
  const option = (of: Side, label: string, input: KittenInput) => (
    <label class="choice">
      <input type="radio" name={name} value={of} checked={side === of} onChange={() => onSide(of)} />
      <span>
        <span class="choice-label">{label}</span>
        <span class="choice-value" dir="auto">
          {display(field, input, breeds) || <em>none</em>}
        </span>
      </span>
    </label>
  );
  return (
    <fieldset class="choices">
      <legend>
        {labels[field]} <span class="muted">– {changes[changedBy]}</span>
      </legend>
      {option('mine', 'Yours', mine)}
      {option('theirs', 'Theirs', theirs)}
    </fieldset>
  );
}
