"""The examples at the end of each command's help, by the words of the command."""

from __future__ import annotations

from typing import cast

import click

EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("hoax-tracker demo", "hoax-tracker demo --port 8080 --folder /tmp/contoh"),
    "init": ("hoax-tracker init", "HOAX_TRACKER_DATA=/srv/kabas-hoaks hoax-tracker init"),
    "serve": ("hoax-tracker serve", "hoax-tracker serve --port 8080 --workers 4"),
    "worker": ("hoax-tracker worker",),
    "doctor": ("hoax-tracker doctor", "hoax-tracker doctor --json | grep '\"fault\"'"),
    "ingest": ("hoax-tracker ingest --all", "hoax-tracker ingest --file berita.xml --json"),
    "flag": ("hoax-tracker flag pesan.txt", 'echo "Semua SD libur 14 hari" | hoax-tracker flag -'),
    "match": ("hoax-tracker match --index klarifikasi.jsonl pesan.txt",),
    "check": ('hoax-tracker check "air PDAM mati tujuh hari"', "hoax-tracker check --json < pesan.txt"),
    "model train": ("hoax-tracker model train --out penanda.skops",),
    "model train-reader": ("hoax-tracker model train-reader --leave-out e --out build/pembaca.npz",),
    "model evaluate": ("hoax-tracker model evaluate --dataset berita.csv",),
    "model card": ("hoax-tracker model card", "hoax-tracker model card 3"),
    "model list": ("hoax-tracker model list",),
    "model activate": ('hoax-tracker model activate 3 --reason "versi 4 menandai kritik"',),
    "model learn": ("hoax-tracker model learn",),
    "source add": (
        "hoax-tracker source add https://kupangkota.go.id",
        "hoax-tracker source add --look google-news:kupang",
    ),
    "source list": ("hoax-tracker source list", "hoax-tracker source list --json"),
    "source pause": (
        'hoax-tracker source pause "Pos Contoh"',
        'hoax-tracker source pause "Pos Contoh" --resume',
    ),
    "source posts": (
        'hoax-tracker source posts unggahan.csv --name "Facebook" --look',
        'hoax-tracker source posts unggahan.csv --name "Facebook" --column text=Pesan',
    ),
    "source import": ("hoax-tracker source import sumber.opml",),
    "source export": ("hoax-tracker source export sumber.opml",),
    "officer add": ('hoax-tracker officer add ana@kupangkota.example --name "Ana" --role approver --unit diskominfo',),
    "officer list": ("hoax-tracker officer list",),
    "officer disable": ("hoax-tracker officer disable ana@kupangkota.example",),
    "officer reset": ("hoax-tracker officer reset ana@kupangkota.example",),
    "officer reset-second-factor": (
        'hoax-tracker officer reset-second-factor ana@kupangkota.example --reason "ponsel hilang, datang sendiri"',
    ),
    "officer unlink": ("hoax-tracker officer unlink ana@kupangkota.example",),
    "officer second": ("hoax-tracker officer second kepala@kupangkota.example",),
    "audit verify": ("hoax-tracker audit verify",),
    "audit new-key": (
        'hoax-tracker audit new-key --by ana@kupangkota.example --reason "mesin lama rusak, kuncinya hilang"',
    ),
    "backup": ("hoax-tracker backup /srv/cadangan/kabas-hoaks.tar",),
    "restore": ("hoax-tracker restore --check kabas-hoaks.tar", "hoax-tracker restore kabas-hoaks.tar"),
    "move": ("hoax-tracker move --to postgresql://kabas@localhost/kabas", "hoax-tracker move --to sqlite"),
    "purge": ("hoax-tracker purge",),
    "export claimreview": ("hoax-tracker export claimreview > claimreview.jsonl",),
    "export csv": ("hoax-tracker export csv > klarifikasi.csv",),
    "export pairs": ("hoax-tracker export pairs > pasangan.jsonl",),
    "search check": ("hoax-tracker search check",),
    "search rebuild": ("hoax-tracker search rebuild",),
    "keys accept": ("hoax-tracker keys accept",),
    "keys rotate": ("hoax-tracker keys rotate",),
    "keys reseal": ("hoax-tracker keys reseal",),
    "jobs list": ("hoax-tracker jobs list", "hoax-tracker jobs list --json"),
    "jobs retry": ("hoax-tracker jobs retry letters", "hoax-tracker jobs retry --all"),
}


def add_examples(group: click.Group) -> None:
    """Give each command of the group its examples."""
    for words, commands in EXAMPLES.items():
        command: click.Command = group
        for word in words.split():
            command = cast("click.Group", command).commands[word]
        command.epilog = "\n".join(["\b", "Examples:", *(f"  {line}" for line in commands)])
