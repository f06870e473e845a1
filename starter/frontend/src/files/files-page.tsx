import { useTranslation } from "react-i18next";
import { useMe } from "../sign-in/me";
import { SignInNeeded } from "../sign-in/sign-in-needed";
import { Page } from "../ui/page";
import { DropZone } from "./drop-zone";
import "./files-page.css";
import { filesPath, sendFiles } from "./my-uploads";
import { StoredSection } from "./stored-section";
import { UnfinishedSection } from "./unfinished-section";
import { UploadsSection } from "./uploads-section";
import { useUndoKey } from "./use-undo-key";

export default function FilesPage() {
  const { t } = useTranslation();
  const me = useMe();
  useUndoKey();
  return (
    <div className="files-page">
      <Page title={t("files.heading")} beside={<p>{t("files.intro")}</p>}>
        {me === null ? (
          <SignInNeeded next={filesPath} />
        ) : (
          <>
            <DropZone onFiles={sendFiles} />
            <UploadsSection />
            <UnfinishedSection />
            <StoredSection />
          </>
        )}
      </Page>
    </div>
  );
}
