import { useEffect, useRef } from 'preact/hooks';

const keys: readonly (readonly [keys: string, does: string])[] = [
  ['/', 'go to the filter'],
  ['j  k', 'next and previous row; Enter opens it'],
  ['p', 'pause or resume'],
  ['g c', 'Comparison'],
  ['g s', 'Servers'],
  ['g l', 'Load tests'],
  ['g p', 'Pipeline'],
  ['g q', 'SQL'],
  ['Esc', 'back'],
  ['?', 'this help'],
];

export function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        The address of the page holds all selections: copy it to share what you see. The same numbers for programs:{' '}
        <a href="/api/docs">API</a>.
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
