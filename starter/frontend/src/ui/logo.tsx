/** The mark: two boards and the tail that holds them. Drawn in the text's colour and maple. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <path d="M4 2h11v7.500L23 6v20l-8-3.500V30H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z" fill="currentColor" />
      <path d="M17 2h11a2 2 0 0 1 2 2v24a2 2 0 0 1-2 2H17v-4.400l8 3.500V2.900l-8 3.500z" fill="var(--maple)" />
    </svg>
  );
}
