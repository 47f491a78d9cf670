"""The picture that circulates: chosen by the author, confirmed by a second person, shown crossed, then deleted."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Claim, Clarification, Evidence, EvidenceCopy, EvidenceKind, Officer, db
from hoax_tracker.review.evidence import evidence
from hoax_tracker.review.evidence.safe_files import SafeFile
from tests import factories
from tests.clarify.test_draft_form import save
from tests.clarify.test_views import TYPED, SignIn, begin, post, version_of
from tests.factories import only_row

pytestmark = [pytest.mark.needs("fonts"), pytest.mark.process]
ALT = "Surat berkop dinas dengan cap"


def add_screenshot(app: APIFlask, claim: Claim, officer: Officer) -> int:
    """Add a picture to the evidence of the claim, as the form does, and return its id."""
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "#20c020").save(out, "JPEG")
    file = SafeFile(out.getvalue(), "image/jpeg", "surat.jpg", "0" * 64)
    key = app.extensions["settings"].contact_key
    return evidence.add_evidence_file(claim.id, file, "Surat libur", key=key, officer=officer, now=factories.NOW)


def shown_picture(page: str) -> str | None:
    """Return the address of the crossed picture on a page."""
    found = re.search(r'<img class="circulates" src="([^"]+)"', page)
    return found[1] if found else None


def files_of(page: Clarification) -> list[str]:
    """Return the digests of the page's own files."""
    query = sa.select(Evidence.digest).where(Evidence.clarification_id == page.id, Evidence.kind == EvidenceKind.FILE)
    return [digest or "" for digest in db.session.scalars(query)]


def publish(browser: FlaskClient, second: FlaskClient, path: str) -> None:
    """Let the author ask, and the second person confirm."""
    page = only_row(Clarification)
    assert post(browser, f"{path}/ajukan", path, version=page.version)[0] == 200
    status, text = post(second, f"{path}/setujui", path, version=version_of(page))
    assert status == 200, text


@pytest.mark.slow
def test_residents_see_the_picture_crossed_once_two_people_stand_behind_it(
    app: APIFlask, claim: Claim, officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    key = add_screenshot(app, claim, officer)
    browser, second = sign_in(officer), sign_in(approver)
    path = begin(browser, claim)
    assert f'value="{key}"' in browser.get(f"{path}/sunting").get_data(as_text=True)
    chosen = {"picture-evidence": str(key), "picture-alt": ""}
    save(browser, path, 1, **chosen)
    status, text = save(browser, path, version_of(only_row(Clarification)), act="ajukan", **chosen)
    assert status == 422
    assert "Tulis apa yang terlihat di gambar itu" in text
    save(browser, path, version_of(only_row(Clarification)), **(chosen | {"picture-alt": ALT}))
    seen_by_second = shown_picture(second.get(path).get_data(as_text=True))
    assert seen_by_second is not None
    confirmed = second.get(seen_by_second)
    publish(browser, second, path)
    page = only_row(Clarification)
    address = f"/klarifikasi/{page.slug}"
    public = client.get(address).get_data(as_text=True)
    assert f"dicoret «Hoaks»: {ALT}" in public
    assert public.index("<h1") < public.index('class="circulates"'), "the fact comes first"
    shown = shown_picture(public)
    assert shown is not None
    assert 'loading="lazy"' in public
    sent = client.get(shown)
    assert sent.data == confirmed.data, "the very file that was confirmed"
    assert (sent.mimetype, len(sent.data) < 40_000) == ("image/jpeg", True)
    assert "noimageindex" in sent.headers["X-Robots-Tag"]
    assert sent.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Surat libur" not in public, "the evidence itself is for officers"
    answer = client.post("/cek", data={"teks": page.claim_quote}).get_data(as_text=True)
    assert answer.index('id="fakta"') < answer.index('class="circulates"')


@pytest.mark.slow
def test_another_verdict_crosses_it_anew_and_a_correction_without_it_deletes_it(
    app: APIFlask, claim: Claim, officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    chosen = {"picture-evidence": str(add_screenshot(app, claim, officer)), "picture-alt": ALT}
    browser, second = sign_in(officer), sign_in(approver)
    path = begin(browser, claim)
    save(browser, path, 1, **chosen)
    first = files_of(only_row(Clarification))
    save(browser, path, version_of(only_row(Clarification)), verdict="menyesatkan", **chosen)
    assert len(first) == len(files_of(only_row(Clarification))) == 1
    assert first != files_of(only_row(Clarification))
    publish(browser, second, path)
    page = only_row(Clarification)
    shown = shown_picture(client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)) or ""
    form = f"{path}/koreksi"
    typed = {"note": "Gambarnya memuat nama orang.", "picture-evidence": "", "verdict": "menyesatkan"}
    text = browser.get(form).get_data(as_text=True)
    values = dict(re.findall(r'name="(sources-\d-\w+)"[^>]*value="([^"]*)"', text))
    status, text = post(browser, form, form, version=page.version, **(TYPED | values | typed))
    assert status == 200
    assert f"<del>{ALT}" in text
    assert client.get(shown).status_code == 200, "until it is confirmed"
    post(second, f"{path}/setujui-usulan", path, version=version_of(page))
    assert client.get(shown).status_code == 404
    assert files_of(only_row(Clarification)) == []


def test_nothing_is_drawn_without_a_verdict_or_by_another_officer(
    app: APIFlask, claim: Claim, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    chosen = {"picture-evidence": str(add_screenshot(app, claim, officer)), "picture-alt": ALT}
    browser = sign_in(officer)
    path = begin(browser, claim)
    status, text = save(browser, path, 1, verdict="", **chosen)
    assert status == 422
    assert "Pilih putusannya dulu" in text
    assert f'value="{chosen["picture-evidence"]}" checked' in text, "what was chosen is still chosen"
    elsewhere = factories.make_claim("Pasar Oeba tutup", status=claim.status)
    other = add_screenshot(app, elsewhere, officer)
    status, text = save(
        browser, path, version_of(only_row(Clarification)), **(chosen | {"picture-evidence": str(other)})
    )
    assert status == 422
    assert "tidak ada lagi di antara bukti klaimnya" in text
    assert only_row(Clarification).picture is None
    assert files_of(only_row(Clarification)) == []


def test_bytes_that_somebody_changed_are_not_shown(
    app: APIFlask, claim: Claim, officer: Officer, approver: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    chosen = {"picture-evidence": str(add_screenshot(app, claim, officer)), "picture-alt": ALT}
    browser = sign_in(officer)
    path = begin(browser, claim)
    save(browser, path, 1, **chosen)
    publish(browser, sign_in(approver), path)
    page = only_row(Clarification)
    shown = shown_picture(client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)) or ""
    with write_transaction():
        uncrossed = sa.select(EvidenceCopy.sealed).where(EvidenceCopy.evidence_id == int(chosen["picture-evidence"]))
        sealed = db.session.scalar(uncrossed)
        own = sa.select(Evidence.id).where(Evidence.clarification_id == page.id, Evidence.kind == EvidenceKind.FILE)
        db.session.execute(sa.update(EvidenceCopy).where(EvidenceCopy.evidence_id.in_(own)).values(sealed=sealed))
    assert client.get(shown).status_code == 404
    with pytest.raises(sa.exc.IntegrityError, match="no second person"), write_transaction():
        db.session.execute(sa.update(Clarification).values(picture={"digest": "0" * 64}))
