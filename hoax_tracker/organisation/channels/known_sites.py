"""Names of sites and endings of addresses, from general knowledge.

The lists are incomplete: a link that they lack is an ordinary one.
"""

from __future__ import annotations

_SECOND_LEVELS = "ac biz co com desa edu go gov mil my net or org ponpes sch web"
_SHORTENERS = """
    adf.ly bit.ly bitly.com bl.ink buff.ly cutt.ly fb.me gg.gg goo.gl heylink.me intip.in is.gd linktr.ee lnkd.in
    lynk.id me-qr.com n9.cl ouo.io ow.ly qrco.de rb.gy rebrand.ly s.ee s.id short.gy short.io shorturl.asia
    shorturl.at t.co t.ly tiny.cc tiny.one tinyurl.com u.to v.gd wa.link
"""
_SHARED_HOSTS = """
    000webhostapp.com blogspot.com carrd.co facebook.com fb.com firebaseapp.com forms.gle github.io gitlab.io
    glitch.me gmail.com google.com herokuapp.com hotmail.com instagram.com netlify.app notion.site outlook.com
    pages.dev t.me telegram.me threads.com threads.net tiktok.com twitter.com vercel.app wa.me web.app webflow.io
    weebly.com whatsapp.com wixsite.com wordpress.com workers.dev x.com yahoo.com youtu.be youtube.com
"""
_ENDINGS = """
    ai app art asia at bond buzz cam cc cf cfd click cloud club cn co com cyou de dev digital edu email eu example
    fr fun ga gd gg gl gov gq group help hk host icu id in info int invalid io it jp kh kim kr lat life link live
    loan lol ltd ly me media ml mobi monster my name net news nl nz one online org page ph press pro promo pw quest
    rest review rocks ru run sale sbs services sg shop site social solutions space store support systems team tech
    test th tk today top trade tv tw ua uk us vin vip vn website wiki win work world ws wtf xyz zone
"""
_WORD_ENDINGS = """
    ai app at cc co de fr ga gd gg gl gq group help hk host in info it kh kim lat life link live lol me media ml
    name news one online org page ph press pro rest run sale sbs sg shop social store support team th tk today tv
    ua us vn work world ws
"""
_ACCOUNTLESS_HOSTS = "fb.watch l.facebook.com vm.tiktok.com vt.tiktok.com youtu.be"
_RESERVED_NAMES = """
    accounts addlist c dialog events explore groups hashtag home i intent joinchat l.php login marketplace messages p
    pages people permalink.php photo photo.php photos posts profile.php proxy reel reels s search settings share
    sharer sharer.php status stories story.php tv video videos watch
"""

SECOND_LEVELS = frozenset(_SECOND_LEVELS.split())
"""Labels that are no name of their own under a country's two letters: "go" in kupangkota.go.id."""
SHORTENERS = frozenset(_SHORTENERS.split())
"""Services whose addresses show nothing of where they lead: to another address, or to a page of links."""
SHARED_HOSTS = frozenset(_SHARED_HOSTS.split())
"""Sites on which anybody has pages, so that none of them is an official domain."""
ENDINGS = frozenset(_ENDINGS.split())
"""What a name with dots ends in that is an address without a scheme and without a path."""
WORD_ENDINGS = frozenset(_WORD_ENDINGS.split())
"""Endings that are words too: a sentence may begin with one after a full stop without a blank. Before them, a long name
or the city's, a hyphen, a digit or a further dot makes an address."""
ACCOUNTLESS_HOSTS = frozenset(_ACCOUNTLESS_HOSTS.split())
"""Hosts of social sites whose addresses do not tell the account."""
RESERVED_NAMES = frozenset(_RESERVED_NAMES.split())
"""First parts of a social site's path that are no account."""
