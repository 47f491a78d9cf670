"""Forms about sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l, ngettext
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, StringField, TextAreaField, URLField

from hoax_tracker.core.web.edit_forms import ChoiceField, EditForm, clean_input_text, max_length_rule, required_rule
from hoax_tracker.ingest.spreadsheets.posts import POST_FIELDS

INTERVALS_MINUTES = (10, 15, 30, 60, 120, 360, 720, 1440)


class NewSourceForm(EditForm):
    """A new source: its address, its name, and what it writes."""

    url = URLField(_l("Alamat feed atau situs"), [required_rule(), max_length_rule(2000)], filters=[clean_input_text])
    name = StringField(_l("Nama"), [required_rule(), max_length_rule(200)], filters=[clean_input_text])
    is_local = BooleanField(_l("Hanya tentang Kota Kupang"))
    is_fact_checker = BooleanField(_l("Pemeriksa fakta"))


class EditSourceForm(NewSourceForm):
    """An existing source; one without an address has only a name and the mark "about the city only"."""

    interval_minutes = ChoiceField(_l("Dibaca"), coerce=int)

    def values(self) -> dict[str, Any]:
        """Return the values of the form."""
        return {
            "name": self.name.data,
            "url": self.url.data if "url" in self else None,
            "interval_minutes": self.interval_minutes.data
            if "interval_minutes" in self
            else self.kept_interval_minutes,
            "is_local": self.is_local.data,
            "is_fact_checker": self.is_fact_checker.data,
        }

    kept_interval_minutes = 0

    def fit(self, url: str | None, interval_minutes: int) -> None:
        """Offer the usual intervals and the present one; a source without an address has none."""
        if url is None:
            self.kept_interval_minutes = interval_minutes
            del self.url, self.interval_minutes
        else:
            offered = sorted({*INTERVALS_MINUTES, interval_minutes})
            self.interval_minutes.offer((minutes, format_interval(minutes)) for minutes in offered)


class OpmlImportForm(EditForm):
    """An OPML file."""

    file = FileField(_l("Berkas OPML"), [FileRequired(_l("Pilih berkasnya lebih dulu."))])


class ManualEntryForm(EditForm):
    """A text or page that an officer found."""

    url = URLField(_l("Alamat halaman"), [max_length_rule(2000)], filters=[clean_input_text])
    text = TextAreaField(_l("Isi kabar"), [max_length_rule(20_000)])


class PostsFileForm(EditForm):
    """A file with posts."""

    file = FileField(_l("Berkas CSV, XLSX, atau obrolan WhatsApp"), [FileRequired(_l("Pilih berkasnya lebih dulu."))])


class PostColumnsForm(EditForm):
    """The columns of a table of posts, and the source for its posts."""

    name = StringField(_l("Nama sumber"), [required_rule(), max_length_rule(200)], filters=[clean_input_text])

    def offer(self, columns: Iterable[str]) -> None:
        """Offer the table's columns for each part of a post."""
        choices = [(None, _l("tidak ada")), *((column, column) for column in columns)]
        for name in POST_FIELDS:
            self[name].offer(choices)

    def mapped(self) -> dict[str, str]:
        """Return the column of each part, without parts that have none."""
        return {name: self[name].data for name in POST_FIELDS if self[name].data}


for _name, _label in POST_FIELDS.items():
    setattr(PostColumnsForm, _name, ChoiceField(_label))


def format_interval(minutes: int) -> str:
    """Return an interval in words."""
    if minutes % 1440 == 0:
        return str(ngettext("setiap hari", "setiap %(num)d hari", minutes // 1440))
    if minutes % 60 == 0:
        return str(ngettext("setiap jam", "setiap %(num)d jam", minutes // 60))
    return str(_("setiap %(num)d menit", num=minutes))
