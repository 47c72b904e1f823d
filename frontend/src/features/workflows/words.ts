// The studio's sentences, which no other page needs.
import { i18n } from "@/lib/i18n";
import en from "./en.json";

i18n.addResourceBundle("en", "translation", en, true);
