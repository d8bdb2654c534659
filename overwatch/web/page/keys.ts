import { useEffect, useRef } from 'preact/hooks';

/** Keys of the page: single ones and pairs ("g c"). Typing in a field is left alone, save for Escape. */
export function useKeys(actions: Readonly<Record<string, () => unknown>>): void {
  const newest = useRef(actions);
  newest.current = actions;
  useEffect(() => {
    let first = '';
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (isTyping(event.target) && event.key !== 'Escape') return;
      const action = newest.current[`${first} ${event.key}`] ?? newest.current[event.key];
      first = event.key === 'g' ? 'g' : '';
      if (action !== undefined) action();
      else if (event.key === '/') focusFilter(event);
      else if (event.key === 'j' || event.key === 'k') stepRow(event.key === 'j' ? 1 : -1);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;

function focusFilter(event: KeyboardEvent): void {
  const filter = document.querySelector<HTMLElement>('[data-filter]');
  if (filter === null) return;
  event.preventDefault();
  filter.focus();
}

function stepRow(step: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('[data-row-link]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}
