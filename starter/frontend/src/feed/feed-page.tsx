import { useTranslation } from "react-i18next";
import { useMe } from "../sign-in/me";
import { Page } from "../ui/page";
import { Feed } from "./feed";
import "./feed-page.css";
import { Hero } from "./hero";
import { MyCard } from "./my-card";
import { VisitorCard } from "./visitor-card";
import { WriteLine } from "./write-line";

export function FeedPage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <>
      {me === null && <Hero />}
      <div className="feed-page">
        <div>
          <Page title={t("feed.heading")} beside={<p>{t("feed.intro")}</p>}>
            {me && <WriteLine profile={me.profile} />}
            <Feed />
          </Page>
        </div>
        {me === null && <VisitorCard />}
        {me && <MyCard profile={me.profile} />}
      </div>
    </>
  );
}
