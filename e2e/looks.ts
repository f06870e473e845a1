/** How a screen is looked at: in a window, in light and in dark colours, and on a phone. */

import { expectClean, expectCleanInBoth } from "./axe.ts";

export const looks = {
  "light and dark": { viewport: { width: 1280, height: 800 }, expectClean: expectCleanInBoth },
  "a phone": { viewport: { width: 360, height: 740 }, expectClean },
};
