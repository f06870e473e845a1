import { Link as RouterLink, type LinkProps as RouterLinkProps, useLocation } from "react-router";
import { preload } from "./preload";

interface LinkProps extends RouterLinkProps {
  to: string;
}

/** A link whose page's code is fetched as soon as somebody means to follow it; marked while its page is open. */
export function Link({ to, ...rest }: LinkProps) {
  const here = useLocation().pathname === to;
  return (
    <RouterLink
      to={to}
      aria-current={here ? "page" : undefined}
      onPointerEnter={() => preload(to)}
      onFocus={() => preload(to)}
      {...rest}
    />
  );
}
