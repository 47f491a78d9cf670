"""Who speaks of wanting to die is heard; news about others is news."""

from __future__ import annotations

import pytest

from hoax_tracker.check.answers.care import asks_for_care


@pytest.mark.parametrize(
    "text",
    ["saya mau bunuh diri", "Aku ingin mengakhiri hidup", "beta mau mati sa", "sa su mau mati",
     "tidak ingin hidup lagi", "saya lebih baik mati", "teman saya mau bunuh diri, tolong", "pengen bunuh diri aja",
     "I want to kill myself", "I don't want to live", "my friend is suicidal", "I want to die"],
)  # fmt: skip
def test_an_intent_is_heard(text: str) -> None:
    assert asks_for_care(text)


@pytest.mark.parametrize(
    "text",
    ["Seorang siswa bunuh diri karena nilai jelek", "air PDAM mau mati total tujuh hari", "lampu jalan mati",
     "Listrik mati saya tidak bisa kerja", "pencegahan bunuh diri di sekolah", "beta pung HP mau mati", "",
     "The market wants to end my stall contract"],
)  # fmt: skip
def test_news_and_dead_lamps_are_no_intent(text: str) -> None:
    assert not asks_for_care(text)
