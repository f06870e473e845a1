"""Events and notifications from a thread of the app's own, which begins without an app context."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from flask_dovetail import notify
from flask_dovetail.core.errors import DovetailError
from support.realtime_app import Liked, Said, live
from support.realtime_site import RealtimeSite, Visitor


def test_thread_with_an_app_context_sends_as_a_request_does(
    site: RealtimeSite, ada: Visitor
) -> None:
    client = ada.connect("/live")

    def send() -> None:
        with site.app.app_context():
            live.emit(Said(by="a thread", text="hello"))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(send).result()
    assert client.next("said") == {"by": "a thread", "text": "hello"}


def test_thread_without_one_is_told_the_cure() -> None:
    with ThreadPoolExecutor(1) as pool:
        for send in (
            lambda: live.emit(Said(by="ada", text="hello")),
            lambda: notify("ada", Liked(thing=1)),
        ):
            with pytest.raises(DovetailError, match=r"with app\.app_context\(\):"):
                pool.submit(send).result()
