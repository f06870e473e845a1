import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Icon } from "../ui/icon";

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

/** Light or dark. Until somebody presses it, the system decides; see also public/theme.js. */
export function ThemeSwitch() {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(document.documentElement.dataset.theme);
  const systemDark = useSyncExternalStore(watchSystem, () => systemIsDark.matches);
  const dark = chosen ? chosen === "dark" : systemDark;

  function toggle() {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    setChosen(theme);
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Storage is refused (private mode, policy): the choice holds until the page is closed.
    }
  }

  return (
    <button
      type="button"
      aria-label={t(dark ? "shell.lightTheme" : "shell.darkTheme")}
      onClick={toggle}
    >
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}

function watchSystem(changed: () => void): () => void {
  systemIsDark.addEventListener("change", changed);
  return () => systemIsDark.removeEventListener("change", changed);
}
