import { dash, reasonText } from './format.ts';

/** A value as text, or a dash that says on hover, on focus and to screen readers why there is none. */
export function Value(props: { text: string; reason?: string | undefined }) {
  if (props.text !== dash) return <>{props.text}</>;
  const why = reasonText(props.reason);
  return (
    <abbr class="absent" title={why}>
      {dash}
      <span class="visually-hidden"> {why}</span>
    </abbr>
  );
}
