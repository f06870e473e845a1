/** How a screen is looked at: in a window, in light and in dark colours, and as narrow as WCAG 2.2 asks (1.4.10). */

import { expectClean, expectCleanInBoth } from "./axe.ts";

export const looks = {
  "light and dark": { viewport: { width: 1280, height: 800 }, expectClean: expectCleanInBoth },
  "a narrow phone": { viewport: { width: 320, height: 740 }, expectClean },
};
