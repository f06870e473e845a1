/** The others who are at a post: who reads it, who writes, and whose comments have just come. */

import { useTranslation } from "react-i18next";
import type { Person } from "../api/client";
import { nameList } from "../i18n/name-list";
import { Avatar } from "../ui/avatar";
import { Icon } from "../ui/icon";

const facesAtMost = 4;

interface ReadersProps {
  people: readonly Person[];
  /** How many there are besides. */
  more: number;
}

/** Said when asked for, not spoken up about: people come and go. */
export function Readers({ people, more }: ReadersProps) {
  const { t, i18n } = useTranslation();
  if (people.length === 0) {
    return null;
  }
  const faces = people.slice(0, facesAtMost);
  const others = people.length - faces.length + more;
  const names = nameList(
    people.map(({ name }) => name),
    i18n.language,
  );
  return (
    <p className="readers" title={names}>
      {faces.map((person) => (
        <Avatar key={person.id} person={{ ...person, avatar: null }} />
      ))}
      {others > 0 && <span>+{others}</span>}
      <span aria-hidden="true">{t("comments.readers")}</span>
      <span className="visually-hidden">{t("comments.readersNamed", { names })}</span>
    </p>
  );
}

export function Writers({ people }: { people: readonly Person[] }) {
  const { t } = useTranslation();
  const [first, second] = people;
  return (
    <p className="writers" role="status">
      {first && (
        <>
          <Icon name="write" />
          <span>
            {people.length > 2
              ? t("comments.writingMany", { count: people.length })
              : second
                ? t("comments.writingTwo", { name: first.name, other: second.name })
                : t("comments.writing", { name: first.name })}
          </span>
        </>
      )}
    </p>
  );
}

interface ArrivedProps {
  authors: readonly Person[];
  /** Another number: it is said again, also in the same words. */
  times: number;
}

/** Tells screen readers of what appears below. */
export function Arrived({ authors, times }: ArrivedProps) {
  const { t } = useTranslation();
  const [only] = authors;
  return (
    <div className="visually-hidden" role="status">
      {only && (
        <p key={times}>{t("comments.arrived", { count: authors.length, name: only.name })}</p>
      )}
    </div>
  );
}
