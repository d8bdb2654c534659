interface SqlEditorProps {
  readonly sql: string;
  readonly onSql: (sql: string) => void;
  /** Parameters that the SQL names, and their values. */
  readonly names: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly onParams: (params: Readonly<Record<string, string>>) => void;
  readonly run: () => void;
}

export function SqlEditor({ sql, onSql, names, params, onParams, run }: SqlEditorProps) {
  const onKeyDown = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    if (event.key === 'Escape') event.currentTarget.blur();
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  };
  return (
    <>
      <textarea
        aria-label="SQL"
        data-filter
        spellcheck={false}
        rows={Math.min(20, Math.max(6, sql.split('\n').length + 1))}
        value={sql}
        onInput={(event) => onSql(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {names.map((name) => (
        <label key={name} class="inline">
          {name}
          <input
            value={params[name] ?? ''}
            onInput={(event) => onParams({ ...params, [name]: event.currentTarget.value })}
            onKeyDown={onKeyDown}
          />
        </label>
      ))}
    </>
  );
}
