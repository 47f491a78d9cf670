"""What helps on each page of the desk and of administration, by the endpoint of the page: two to four sentences."""

from __future__ import annotations

from flask_babel import LazyString, lazy_gettext as _l

WRITING = _l(
    "Judulnya faktanya, bukan hoaksnya: orang membaca judul dan berhenti di situ. "
    "Isi hasil cek fakta, kesimpulan, dan paling sedikit satu rujukan; ketikan Anda tersimpan sendiri. "
    "Sesudah diajukan, orang lain yang membaca dan menyetujuinya."
)
GUIDES = _l(
    "Panduan adalah pelajaran singkat bagi warga yang pesannya belum diklarifikasi, tanpa putusan. "
    "Satu orang mengusulkan, orang lain menyetujui, dan sampai itu warga membaca yang lama. "
    "Kata-kata pemicunya menentukan kapan panduan ditawarkan."
)
CHANNELS = _l(
    "Saluran resmi adalah situs, nomor, rekening, dan akun yang memang dipakai kota. "
    "Warga membaca apakah yang ada di pesannya termasuk daftar ini, jadi satu angka yang keliru merugikan orang. "
    "Satu orang mengusulkan, orang lain mencocokkan dengan kantor pemakainya lalu menyetujui."
)
OBJECTIONS = _l(
    "Warga menyatakan keberatan atas halaman yang terbit; yang serupa digabung, dan batasnya 30 hari kerja. "
    "Yang memutuskan tidak menulis dan tidak menyetujui halaman itu, dan bukan dari perangkat daerah yang menulisnya. "
    "Satu orang mengusulkan, orang lain menyetujui, lalu warga membaca keputusan dan alasannya di halaman itu."
)
MONTHLY_REPORT = _l(
    "Laporan satu bulan untuk pimpinan, dibuat program pada hari kerja pertama bulan berikutnya. "
    "Penyetuju dan administrator memberi catatan lalu mengirimnya; sejak itu angka dan katanya tidak berubah. "
    "Bila ada yang keliru, kirim versi baru dengan alasannya: versi lama tetap ada."
)
YEARLY_REPORT = _l(
    "Laporan layanan informasi publik satu tahun, yang diminta UU 14/2008. Angka hoaks dihitung program; angka "
    "permintaan, keberatan, dan sengketa ada di register PPID, jadi penyetuju atau administrator mengisinya di sini. "
    "Angka yang tidak cocok satu sama lain disebutkan. Sesudah dikirim, laporannya tidak berubah lagi."
)
DESK_HELP: dict[str, LazyString] = {
    "monthly_reports": MONTHLY_REPORT,
    "monthly_reports.listing": MONTHLY_REPORT,
    "monthly_reports.show_newest": MONTHLY_REPORT,
    "monthly_reports.show_version": MONTHLY_REPORT,
    "monthly_reports.edit_recipients": MONTHLY_REPORT,
    "yearly_reports": YEARLY_REPORT,
    "yearly_reports.show_newest": YEARLY_REPORT,
    "yearly_reports.show_version": YEARLY_REPORT,
    "review.queue": _l(
        "Antrean memuat klaim yang menunggu keputusan, yang paling mendesak di atas. "
        "Buka satu, baca apa yang beredar dan mengapa ditandai, lalu pilih: periksa, teruskan, atau tutup. "
        "Mesin hanya mengurutkan; yang menilai selalu Anda."
    ),
    "review.claim": _l(
        "Halaman ini memuat satu klaim: bunyinya, di mana dilihat, siapa yang melapor, dan apa yang sudah dilakukan. "
        "Keputusan ada di bawah layar, dan yang baru saja dilakukan dapat diurungkan. "
        "Bila Anda mulai memeriksa, petugas lain melihat bahwa klaim ini sedang Anda pegang."
    ),
    "review.decided": _l(
        "Di sini terlihat apa yang dulu diputuskan atas klaim yang mirip. "
        "Pakai sebagai petunjuk supaya kabar yang sama dijawab sama. "
        "Yang mirip belum tentu sama: periksa dulu tempat, tanggal, dan angkanya."
    ),
    "narratives.listing": _l(
        "Narasi mengumpulkan klaim yang ceritanya sama tetapi datang lagi dengan tanggal, angka, atau tempat lain. "
        "Garis gelombangnya menunjukkan kapan kabar itu ramai dan kapan reda. "
        "Yang isinya persis sama digabungkan sebagai satu klaim, bukan dikumpulkan di sini."
    ),
    "narratives.page": _l(
        "Klaim-klaim satu narasi, yang terbaru dulu, dengan putusan dan klarifikasinya. "
        "Keluarkan klaim yang ternyata lain ceritanya, atau gabungkan dua narasi: keduanya dapat diurungkan. "
        "Warga tidak melihat halaman ini."
    ),
    "narratives.of_claim": _l(
        "Mesin menyarankan klaim serupa dan menyebut apa yang berbeda; Anda yang memutuskan. "
        "Saran yang ditolak tidak muncul lagi. "
        "Dari jawaban atas klaim lain Anda dapat memulai rancangan; tanggal, angka, dan tempat lama ditandai supaya "
        "diganti."
    ),
    "review.contact": _l(
        "Kontak dan gambar pelapor terkunci dan hanya dibuka bila perlu untuk aduannya. "
        "Tulis untuk apa: log audit menyimpan alasan itu, bukan isinya. "
        "Jangan salin kontaknya ke catatan atau ke grup."
    ),
    "bulk": _l(
        "Di sini beberapa klaim ditutup, diteruskan, atau diberi label sekaligus. "
        "Centang klaimnya, pilih tindakannya, lalu periksa daftarnya sekali lagi sebelum dilakukan. "
        "Yang sudah dilakukan dapat diurungkan semuanya."
    ),
    "pickers.pick": _l(
        "Di sini dicari klaim, klarifikasi, atau perangkat daerah, dengan kata atau nomornya. "
        "Yang paling mungkin sudah ada di atas. "
        "Memilih belum mengubah apa pun: Anda kembali ke tempat tadi dan melihat dulu apa yang dipilih."
    ),
    "morning.show": _l(
        "Yang naik dan berbahaya di atas, lalu yang menunggu Anda, lalu selebihnya dari antrean. "
        "Klaim yang sama dilipat menjadi satu baris; setiap angka membuka daftar yang dihitungnya. "
        "Kabar hilang sesudah Anda menandainya sudah dibaca."
    ),
    "work.question": _l(
        "Satu pertanyaan kepada satu perangkat daerah, dengan batas waktunya. "
        "Jawab dengan fakta yang boleh dikutip: apa, di mana, sejak kapan, menurut siapa. "
        "Bukan untuk unit Anda? Teruskan atau kembalikan, jangan dibiarkan."
    ),
    "work.give_back": _l(
        "Klaim yang bukan urusan unit Anda dikembalikan ke PPID Utama dari sini. "
        "Tulis mengapa dan siapa yang menurut Anda tahu, supaya klaim itu tidak berkeliling."
    ),
    "evidence.page": _l(
        "Satu bukti: berkas atau tautan, dengan salinan saat ditambahkan. "
        "Bukti hanya dibaca petugas dan tidak pernah diterbitkan. "
        "Sidik jarinya menunjukkan bahwa berkasnya tidak berubah."
    ),
    "demand.listing": _l(
        "Yang ditempel warga di halaman periksa dan belum ada klaimnya, yang paling sering di atas. "
        "Jadikan klaim bila itu kabar yang perlu diperiksa, hitung untuk klaim yang sudah ada, atau sisihkan "
        "bila bukan kabar. "
        "Siapa yang bertanya tidak dicatat."
    ),
    "claim_chats.page": _l(
        "Percakapan dengan warga yang melaporkan klaim ini lewat WhatsApp atau Telegram, tanpa nomor dan nama. "
        "Pertanyaan dengan kalimat tetap langsung terkirim; kata-kata Anda sendiri menunggu orang kedua. "
        "WhatsApp hanya menerima balasan dalam 24 jam sesudah pesan terakhir warga."
    ),
    "search.search": _l(
        "Satu kotak mencari di klaim, klarifikasi, aduan, pertanyaan, catatan, bukti, dan semua yang dibaca "
        "dari sumber. "
        "Semua kata harus ada; akhiran tidak perlu sama. "
        "Pencarian yang sering dipakai dapat disimpan dengan nama."
    ),
    "clarify.listing": _l(
        "Klarifikasi adalah jawaban resmi kota yang dibaca warga. "
        "Yang menunggu persetujuan ada di atas, lalu rancangan, lalu yang terbit. "
        "Yang pernah terbit tidak dihapus: koreksi dan penarikan tetap terlihat."
    ),
    "clarify.page": _l(
        "Di kiri klarifikasi seperti dibaca warga, di kanan yang dapat dilakukan dengannya. "
        "Penulis tidak dapat menyetujui tulisannya sendiri. "
        "Keliru sesudah terbit? Usulkan koreksi; pembaca melihat apa yang berubah."
    ),
    "reach.show_reach": _l(
        "Di sini terlihat berapa kali satu klarifikasi dibaca dan dipakai sebagai jawaban, "
        "dan berapa sering kabarnya muncul sebelum dan sesudah terbit. "
        "Yang dihitung kali, bukan orang, dan tidak semuanya sampai kepada kami. "
        "Sesudah bukan berarti karena: kabar juga reda sendiri."
    ),
    "clarify.edit": WRITING,
    "clarify.correct": _l(
        "Koreksi mengubah halaman yang sudah terbit, dengan catatan yang dibaca warga. "
        "Tulis di catatan apa yang keliru dan apa yang benar. "
        "Orang lain menyetujuinya; sampai itu warga membaca yang lama."
    ),
    "channels": CHANNELS,
    "channels.listing": CHANNELS,
    "channels.page": CHANNELS,
    "channels.add": CHANNELS,
    "channels.edit": CHANNELS,
    "objection_desk": OBJECTIONS,
    "objection_desk.listing": OBJECTIONS,
    "objection_desk.page": OBJECTIONS,
    "explainers": GUIDES,
    "explainers.listing": GUIDES,
    "explainers.page": GUIDES,
    "explainers.add": GUIDES,
    "explainers.edit": GUIDES,
    "ingest.listing": _l(
        "Dari sumber inilah kabar datang: situs berita, kanal, dan akun yang dibaca program menurut jadwal. "
        "Sumber yang gagal dicoba lagi sendiri; bila berhari-hari gagal, periksa alamatnya. "
        "Kabar yang Anda dengar sendiri ditulis lewat «Catat kabar»."
    ),
    "ingest.add": _l(
        "Salin alamat situs, kanal, atau akun dari bilah alamat, lalu tekan «Lihat isinya». "
        "Bila yang tampil memang yang Anda maksud, beri nama dan tambahkan. "
        "Sesudah itu sumber dibaca sendiri menurut jadwal."
    ),
    "ingest.edit": _l(
        "Di sini nama, jadwal, dan sifat satu sumber diubah. "
        "Jadwal yang terlalu rapat tidak menolong: sumber yang sepi dibaca lebih jarang dengan sendirinya."
    ),
    "ingest.standing": _l(
        "Di sini terlihat apakah satu sumber terbaca, berapa entrinya, dan berapa yang berujung klarifikasi. "
        "Sumber yang lama tidak menghasilkan apa-apa boleh dijeda. "
        "Judul entri yang sudah masuk ke sebuah klaim dapat ditekan."
    ),
    "ingest.import_opml": _l(
        "OPML adalah daftar sumber dari pembaca berita lain. "
        "Sumber yang sudah ada tidak berubah, dan yang gagal dibaca disebut satu per satu."
    ),
    "ingest.record": _l(
        "Catat di sini kabar yang Anda temui sendiri, misalnya di grup. "
        "Salin bunyinya apa adanya, tanpa nama dan nomor pengirim. "
        "Kabar itu lalu masuk ke klaim yang sama isinya, atau membuka klaim baru."
    ),
    "ingest.recorded": _l(
        "Kabar Anda sudah tersimpan dan klaimnya sedang dicari. "
        "Muat ulang sebentar lagi untuk membukanya, atau tinggalkan saja: tidak ada yang hilang."
    ),
    "ingest.page_copies": _l(
        "Halaman yang memuat klaim disalin saat pertama dilihat, sebab halaman itu dapat diubah atau dihapus. "
        "Salinannya bukti untuk petugas dan tidak pernah ditampilkan kepada warga."
    ),
    "ingest.send_table": _l(
        "Di sini tabel unggahan dari alat pemantau, atau ekspor obrolan WhatsApp, dimasukkan sekaligus. "
        "Isinya diperlihatkan dulu sebelum disimpan. "
        "Nama dan nomor pengirim obrolan langsung dibuang."
    ),
    "ingest.name_columns": _l(
        "Tentukan kolom mana yang memuat isi, tanggal, dan alamat unggahan. "
        "Tekan «Lihat lagi» sampai contohnya benar, baru simpan."
    ),
    "flag.month": _l(
        "Halaman ini menghitung, dari keputusan petugas, apakah urutan yang dibuat mesin menolong. "
        "Kritik dan keluhan yang ikut ditandai harus makin sedikit. "
        "Model lain dipakai bila administrator mengusulkannya dan orang kedua menyetujuinya."
    ),
    "own_account.show": _l(
        "Di sini Anda mengubah kata sandi, bahasa, dan kabar lewat email, dan menyalakan kode kedua. "
        "Lihat sesekali di mana akun Anda sedang masuk. "
        "Tidak kenal salah satunya? Keluarkan, lalu ganti kata sandi."
    ),
    "second_factor.page": _l(
        "Dengan kode kedua, kata sandi yang bocor saja tidak cukup untuk masuk. "
        "Pindai gambarnya dengan aplikasi kode di HP, ketik enam angkanya, lalu simpan kode cadangan di kertas. "
        "HP hilang? Administrator dapat menyetel ulang."
    ),
    "desk_help": _l(
        "Semua bantuan untuk petugas ada di sini: kenalan singkat, panduan cetak, arti kata, dan pertanyaan warga. "
        "Tanda tanya di atas setiap halaman membuka bantuan halaman itu saja."
    ),
}
DESK_HELP |= dict.fromkeys(("bulk.choose",), DESK_HELP["bulk"])
DESK_HELP |= dict.fromkeys(("desk_help.index", "desk_help.unit_guide"), DESK_HELP["desk_help"])
# A form that was sent and refused shows its page again, under an address of its own.
DESK_HELP |= {
    "review": DESK_HELP["review.claim"],
    "notes": DESK_HELP["review.claim"],
    "work": DESK_HELP["work.question"],
    "evidence": DESK_HELP["review.claim"],
    "demand": DESK_HELP["demand.listing"],
    "claim_chats": DESK_HELP["claim_chats.page"],
    "narratives": DESK_HELP["narratives.page"],
    "clarify": DESK_HELP["clarify.page"],
    "ingest": DESK_HELP["ingest.listing"],
    "flag": DESK_HELP["flag.month"],
    "own_account": DESK_HELP["own_account.show"],
    "second_factor": DESK_HELP["second_factor.page"],
}


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
