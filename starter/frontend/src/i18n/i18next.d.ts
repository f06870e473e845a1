import type comments from "../comments/en.json";
import type files from "../files/en.json";
import type notifications from "../notifications/en.json";
import type en from "./en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: {
      translation: typeof en & typeof comments & typeof files & typeof notifications;
    };
  }
}
