const paths = {
  home: "M4 11.500 12 4l8 7.500M6.500 9.500V20h11V9.500M10 20v-5h4v5",
  bell: "M6 17v-6.500a6 6 0 0 1 12 0V17M3.500 17h17M10 20.500h4",
  heart: "M12 20l-7.600-7.700a4.700 4.700 0 0 1 6.600-6.700l1 1 1-1a4.700 4.700 0 0 1 6.600 6.700z",
  comment: "M4 5h16v11.500h-8.500L7 20.500v-4H4z",
  files: "M4 6h6l2 2.500h8V19H4z",
  upload: "M12 16.500V5M6.500 10 12 4.500l5.500 5.500M4.500 16v4h15v-4",
  write: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.8-4 3.800-6 7.500-6s6.700 2 7.500 6",
  signIn: "M10 4h9v16h-9M4 12h10M10.500 8l4 4-4 4",
  signOut: "M14 4H5v16h9M10 12h10M16.500 8l4 4-4 4",
  sun: "M12 16.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300 19 19M5 19l1.700-1.700M17.300 6.700 19 5",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z",
  back: "M19 12H5M11 6l-6 6 6 6",
  close: "M6 6l12 12M18 6 6 18",
  device: "M4 5h16v11H4zM2.500 19.500h19",
  phone: "M8 3h8v18H8zM11 18h2",
  eye: "M2.500 12c2.500-4.500 5.700-6.500 9.500-6.500s7 2 9.500 6.500c-2.500 4.500-5.700 6.500-9.500 6.500S5 16.500 2.500 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
} as const;

export type IconName = keyof typeof paths;

/** Decoration beside words, or inside a control that has a name. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width="22"
      height="22"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="square"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
