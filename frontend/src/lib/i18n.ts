// Every sentence of the app stands in en.json, by place; those of a heavy part come with it. A test asks for each.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type studio from "../features/workflows/en.json";
import en from "./en.json";

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof en & typeof studio };
  }
}

export const i18n = i18next.createInstance();
void i18n.use(initReactI18next).init({
  lng: "en",
  resources: { en: { translation: en } },
  interpolation: { escapeValue: false },
});
