"""What helps on each page of administration, by the endpoint of the page: two to four sentences."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

OFFICERS = _l(
    "Setiap orang punya akun sendiri, supaya log audit berarti. "
    "Undang lewat email: orangnya memilih sendiri kata sandinya. "
    "Siapa yang pindah atau berhenti ditutup akunnya; pekerjaannya tetap ada."
)
OFFICER = _l(
    "Peran menentukan apa yang boleh: petugas menulis, penyetuju menerbitkan, administrator mengelola, "
    "auditor membaca. "
    "Peran, perangkat daerah, dan setel ulang baru berlaku sesudah orang kedua mengonfirmasinya. "
    "Perangkat daerahnya menentukan klaim mana yang datang kepadanya."
)
UNITS = _l(
    "Perangkat daerah adalah unit yang menjawab: dinas, badan, kecamatan, kelurahan, puskesmas, dan lainnya. "
    "Sesudah penataan organisasi, ubah nama dan induknya di sini; yang bubar dibuat tidak aktif, bukan dihapus. "
    "Klarifikasi lama tetap menyebut unit yang dulu menjawab. "
    "Perubahan disetujui orang kedua dari luar perangkat daerah itu."
)
TOPICS = _l(
    "Di sini tiap topik punya perangkat daerah yang menjawabnya. "
    "Klaim baru diusulkan ke sana, kecuali klaim itu menyebut unit lain. "
    "Klaim yang sudah ada tidak berpindah."
)
DISTRICTS = _l(
    "Nama kecamatan dan kelurahan menolong mesin mengenali tempat dalam pesan. "
    "Tambahkan sebutan yang dipakai orang, misalnya singkatan atau angka Romawi. "
    "Satu sebutan di setiap baris."
)
PROGRAMMES = _l(
    "Program dan layanan adalah nama yang disebut orang dalam pesan: bantuan, kartu, pajak. "
    "Beri sebutan lain dan perangkat daerah yang menjawab. "
    "Dengan itu klaim tentangnya langsung datang ke unit yang tepat."
)
TEMPLATES = _l(
    "Rancangan klarifikasi dimulai dengan contoh teks dari topiknya. "
    "Tulis dalam kurung «…» bagian yang harus diisi penulis; rancangan tidak dapat diajukan selama tanda itu masih ada."
)
WEBHOOKS = _l(
    "Webhook mengabari layanan lain begitu sesuatu terjadi, misalnya klarifikasi terbit. "
    "Data pelapor dan isi aduan tidak pernah dikirim. "
    "Bila penerimanya lama tidak menjawab, program mematikannya dan memberi tahu Anda."
)
TIPLINE = _l(
    "Saluran percakapan menjawab warga di WhatsApp dan Telegram atas nama kota. "
    "Tempel kuncinya, tekan Coba, baca jawabannya, lalu usulkan: orang kedua yang menyalakannya. "
    "Menjeda boleh sendiri. Panduannya ada di docs/tipline-channels.md."
)
ADMIN_HELP: dict[str, LazyString] = {
    "accounts": OFFICERS,
    "accounts.listing": _l(
        "Kelola memuat semua yang diatur administrator: orang, perangkat daerah, wilayah, jam kerja, dan "
        "keadaan sistem. "
        "Setiap perubahan tercatat di log audit dengan nama Anda. "
        "Yang Anda ubah tidak tertimpa bila data kota dimuat lagi."
    ),
    "accounts.officer_list": OFFICERS,
    "accounts.invite_officer": OFFICER,
    "accounts.change_officer": OFFICER,
    "accounts.reset_second_factor": _l(
        "HP hilang dan kode cadangan juga? Kode kedua disetel ulang dari sini. "
        "Pastikan dulu orangnya, dengan bertemu atau menelepon nomor yang Anda kenal. "
        "Orang kedua membaca alasan Anda dan mengonfirmasinya."
    ),
    **dict.fromkeys(("accounts.unit_list", "accounts.add_unit", "accounts.change_unit"), UNITS),
    **dict.fromkeys(("accounts.topic_list", "accounts.change_topic"), TOPICS),
    **dict.fromkeys(("accounts.district_list", "accounts.change_district"), DISTRICTS),
    **dict.fromkeys(("accounts.programme_list", "accounts.add_programme", "accounts.change_programme"), PROGRAMMES),
    "accounts.change_template": TEMPLATES,
    **dict.fromkeys(("accounts.webhook_list", "accounts.add_webhook", "accounts.change_webhook"), WEBHOOKS),
    **dict.fromkeys(("accounts.tipline_list", "accounts.tipline_channel"), TIPLINE),
    "accounts.office_hours": _l(
        "Batas waktu klaim dihitung dari jam kerja dan hari libur di sini. "
        "Klaim mendesak dan tinggi dihitung siang malam, yang lain dalam hari kerja. "
        "Cocokkan hari libur dengan keputusan bersama menteri setiap tahun."
    ),
    "accounts.public_contacts": _l(
        "Alamat, telepon, dan email PPID di sini berdiri di kaki setiap halaman warga. "
        "Kontak darurat disebut di atas jawaban bila pesan warga tentang bahaya memuat salah satu katanya. "
        "Periksa nomornya dengan menelepon. Orang kedua menyetujuinya sebelum warga membacanya."
    ),
    "accounts.system": _l(
        "Di sini terlihat apakah semua bagian program bekerja: pekerja latar, email, indeks, dan model. "
        "Yang bermasalah disebut dengan langkah berikutnya. "
        "Kirim email percobaan sesudah mengubah server email."
    ),
    "proposals": _l(
        "Tidak seorang pun mengubah sendirian apa yang dibaca warga atau siapa yang memutuskan. "
        "Bacalah yang berubah, dan tentang akun tanyakan dulu kepada orangnya, lalu setujui atau tolak dengan alasan. "
        "Yang bergantung kepada pengusulnya tidak dapat menyetujui; halaman ini menyebut siapa yang dapat."
    ),
    "audit": _l(
        "Log audit mencatat setiap tindakan petugas dan tidak dapat diubah dari sini. "
        "Saring menurut orang, tindakan, klaim, atau tanggal; unduh untuk diperiksa di luar. "
        "«Periksa rantai» menghitung apakah ada catatan yang hilang atau diubah."
    ),
}
ADMIN_HELP |= {
    "proposals.listing": ADMIN_HELP["proposals"],
    "audit.listing": ADMIN_HELP["audit"],
}
