import { useTranslation } from "react-i18next";
import { useMe } from "../sign-in/me";
import { SignInNeeded } from "../sign-in/sign-in-needed";
import { Page } from "../ui/page";
import { NotificationList } from "./notification-list";
import "./notifications-page.css";
import { notificationsPath } from "./notifications-query";

export default function NotificationsPage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <div className="narrow">
      <Page title={t("notifications.heading")} beside={<p>{t("notifications.intro")}</p>}>
        {me === null ? <SignInNeeded next={notificationsPath} /> : <NotificationList />}
      </Page>
    </div>
  );
}
