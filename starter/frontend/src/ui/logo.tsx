/** The mark: two boards, and the tail of one in the other. In the text's colour and maple. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <path d="M3 3h12v8.500L22.500 9v14L15 20.500V29H3z" fill="currentColor" />
      <path d="M17.500 3H29v26H17.500v-5L25 26.500v-21L17.500 8z" fill="var(--maple)" />
    </svg>
  );
}
