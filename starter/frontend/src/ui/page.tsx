import { type ReactNode, useEffect, useRef } from "react";
import { useLocation } from "react-router";
import "./page.css";

interface PageProps {
  /** The heading, and the first half of the document's title. */
  title: string;
  /** Set apart from the heading, above it or beside it. */
  above?: ReactNode;
  beside?: ReactNode;
  children: ReactNode;
}

/** The address whose heading has had the focus; the first one is announced by the browser itself. */
let announced: string | undefined;

/** One screen: its title, and its heading, which takes the focus when the address changes. */
export function Page({ title, above, beside, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { pathname } = useLocation();

  useEffect(() => {
    if (announced !== undefined && announced !== pathname) {
      heading.current?.focus({ preventScroll: true });
    }
    announced = pathname;
  }, [pathname]);

  return (
    <>
      <title>{`${title} · Dovetail`}</title>
      <header className="page-head">
        {above}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {beside}
      </header>
      {children}
    </>
  );
}
