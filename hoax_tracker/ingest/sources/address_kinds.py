"""Map an address to the feed or public API behind it, and to the way the source is read from then on.

This module fetches nothing. ``preview.py`` tries the addresses of a plan in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

from flask_babel import gettext as _

from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.core.fetch.errors import AddressRefusedError
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import SourceKind

AllowedHosts = AbstractSet[tuple[str, int]]

NEWS_QUERY_PREFIX = "google-news:"
"""``google-news:hoaks kupang`` stands for a query, which has no address that people know."""

_NEWS_PLACE = {"hl": "id", "gl": "ID", "ceid": "ID:id"}
_BLUESKY = "https://public.api.bsky.app/xrpc/"
# The cached address refuses searches at times.
_BLUESKY_SEARCH = ("https://api.bsky.app/xrpc/", _BLUESKY)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_TELEGRAM = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,31}")
# Addresses that begin with "/@name" elsewhere than on Mastodon.
_NOT_MASTODON = ("medium.com", "substack.com")
_CLOSED_NETWORKS = {
    "facebook.com": "facebook",
    "fb.com": "facebook",
    "fb.watch": "facebook",
    "instagram.com": "instagram",
    "threads.com": "threads",
    "threads.net": "threads",
    "tiktok.com": "tiktok",
    "twitter.com": "twitter",
    "x.com": "twitter",
}
# What stands there in place of an account: one post, a search, a page of the network's own. Elsewhere the same word may
# be somebody's name: @business is a newspaper's on X.
_NO_ACCOUNT_NAMES = {
    "facebook": """about accounts ads business careers compose direct events explore gaming groups hashtag help home i
        jobs legal login marketplace media messages notifications p permalink photo photos plugins policies privacy
        public reel reels search settings share sharer stories story tag tags tos tv video videos watch""",
    "instagram": """about accounts api challenge developer direct directory explore legal locations login oauth p
        popular privacy reel reels share stories terms tv web""",
    "twitter": """about account compose download explore hashtag help home i intent jobs login logout messages
        notifications oauth privacy search search-advanced settings share signup tos""",
}
_NO_ACCOUNT = {site: frozenset(names.split()) for site, names in _NO_ACCOUNT_NAMES.items()}
# Whose page it is stands in the query ("id"); in other programs' queries "id" is anything.
_NUMBERED_PAGES = frozenset({"profile.php", "permalink.php", "story.php", "photo.php"})
# As people copy it from a browser's bar that hides the scheme.
SCHEMELESS_URL = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:[:/?#]\S*)?")


@dataclass(frozen=True)
class Bridges:
    """Base addresses of an RSSHub and an RSS-Bridge that the office runs or trusts; empty for none."""

    rsshub: str = ""
    rss_bridge: str = ""


@dataclass(frozen=True)
class AddressPlan:
    """How to read an address: ``tries`` are fetched until one holds entries; ``page`` is the page for people.

    ``lookup`` is fetched first where the API knows an account only by a number, which replaces ``{id}`` in ``tries``.
    """

    kind: SourceKind
    tries: tuple[str, ...]
    page: str | None = None
    lookup: str | None = None


def require_readable_address(url: str, allow: AllowedHosts) -> None:
    """Raise InvalidInputError unless a source may be read at the address; the settings' ``allow`` names inner hosts."""
    try:
        parse_target(url, allow)
    except AddressRefusedError as error:
        raise InvalidInputError(str(error), user_message=str(error.user_message), field="url") from error


def plan_address(address: str, bridges: Bridges | None = None) -> AddressPlan:
    """Return the plan for an address. Raises InvalidInputError for pages readable only through a bridge."""
    address = address.strip()
    address = f"https://{address}" if SCHEMELESS_URL.fullmatch(address) else address
    if address.lower().startswith(NEWS_QUERY_PREFIX):
        return _plan_news_query(address[len(NEWS_QUERY_PREFIX) :].strip())
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:  # no address: whoever fetches it says so
        return AddressPlan(SourceKind.FEED, (address,))
    for domains, reader in _PLANNERS:
        if any(host == domain or host.endswith(f".{domain}") for domain in domains):
            plan = reader(parts, bridges or Bridges())
            return plan or AddressPlan(SourceKind.FEED, (address,))
    return (
        _plan_bridge_address(parts, bridges or Bridges())
        or _plan_mastodon(parts)
        or AddressPlan(SourceKind.FEED, (address,))
    )


def _path_segments(parts: SplitResult) -> list[str]:
    """Return the parts of the path with percent-encoding removed: a browser gives "kaf%C3%A9" for "kafé"."""
    return [unquote(part) for part in parts.path.split("/") if part]


def _plan_news_query(words: str) -> AddressPlan:
    """Return the plan for a Google News search feed, in Indonesian."""
    if not words:
        raise InvalidInputError("no words", user_message=_("Tulis kata yang dicari sesudah google-news:"), field="url")
    page = f"https://news.google.com/search?{urlencode({'q': words} | _NEWS_PLACE)}"
    return AddressPlan(SourceKind.GOOGLE_NEWS, (page.replace("/search?", "/rss/search?"),), page)


def _plan_google_news(parts: SplitResult, _bridges: Bridges) -> AddressPlan | None:
    if _path_segments(parts)[:1] == ["rss"]:
        return AddressPlan(SourceKind.GOOGLE_NEWS, (parts.geturl(),))
    words = parse_qs(parts.query).get("q", [""])[0]
    if _path_segments(parts)[:1] == ["search"] and words:
        return _plan_news_query(words)
    return AddressPlan(SourceKind.GOOGLE_NEWS, (parts._replace(path=f"/rss{parts.path}").geturl(),), parts.geturl())


def _plan_youtube(parts: SplitResult, _bridges: Bridges) -> AddressPlan | None:
    """Return the plan for a channel, a playlist, or the named page of a channel, which names its feed."""
    path, feed = _path_segments(parts), "https://www.youtube.com/feeds/videos.xml"
    if path[:1] == ["feeds"]:
        return AddressPlan(SourceKind.YOUTUBE, (parts.geturl(),))
    if path[:1] == ["channel"] and len(path) > 1:
        return AddressPlan(SourceKind.YOUTUBE, (f"{feed}?channel_id={quote(path[1])}",), parts.geturl())
    playlist = parse_qs(parts.query).get("list")
    if path == ["playlist"] and playlist:
        return AddressPlan(SourceKind.YOUTUBE, (f"{feed}?playlist_id={quote(playlist[0])}",), parts.geturl())
    return AddressPlan(SourceKind.YOUTUBE, (parts.geturl(),), parts.geturl())


def _plan_telegram(parts: SplitResult, _bridges: Bridges) -> AddressPlan | None:
    """Return the plan for a public channel, read from its public preview."""
    path = _path_segments(parts)
    name = path[1] if path[:1] == ["s"] and len(path) > 1 else path[0] if path else ""
    if name in ("joinchat", "c") or not _TELEGRAM.fullmatch(name):
        message = _("Grup dan kanal tertutup Telegram tidak dapat dibaca. Gunakan alamat kanal publik: t.me/nama")
        raise InvalidInputError("not a public channel", user_message=message, field="url")
    return AddressPlan(SourceKind.TELEGRAM, (f"https://t.me/s/{name}",), f"https://t.me/{name}")


def _plan_bluesky(parts: SplitResult, _bridges: Bridges) -> AddressPlan | None:
    """Return the plan for an account, a feed, a search or a hashtag, read from the public API."""
    path = _path_segments(parts)
    words = parse_qs(parts.query).get("q", [""])[0] if path == ["search"] else ""
    if path[:1] == ["hashtag"] and len(path) > 1:
        words = f"#{path[1]}"
    if words:
        asked = urlencode({"q": words, "sort": "latest", "limit": 50})
        tries = tuple(f"{base}app.bsky.feed.searchPosts?{asked}" for base in _BLUESKY_SEARCH)
        return AddressPlan(SourceKind.BLUESKY, tries, parts.geturl())
    if path[:1] != ["profile"] or len(path) < 2:
        return None
    if path[2:3] == ["feed"] and len(path) > 3:
        feed = f"at://{path[1]}/app.bsky.feed.generator/{path[3]}"
        return AddressPlan(
            SourceKind.BLUESKY, (f"{_BLUESKY}app.bsky.feed.getFeed?{urlencode({'feed': feed, 'limit': 50})}",)
        )
    asked = urlencode({"actor": path[1], "limit": 50, "filter": "posts_and_author_threads"})
    return AddressPlan(SourceKind.BLUESKY, (f"{_BLUESKY}app.bsky.feed.getAuthorFeed?{asked}",), parts.geturl())


def _plan_reddit(parts: SplitResult, _bridges: Bridges) -> AddressPlan | None:
    """Return the plan for a subreddit, a user or a search: Reddit gives Atom for each, and JSON where it is named."""
    path = _path_segments(parts)
    base = "https://www.reddit.com"
    if parts.path.endswith((".rss", ".json")):
        return AddressPlan(SourceKind.REDDIT, (parts.geturl(),))
    if path[:1] == ["search"] or path[2:3] == ["search"]:
        query = urlencode({"q": parse_qs(parts.query).get("q", [""])[0], "sort": "new", "restrict_sr": "on"})
        return AddressPlan(SourceKind.REDDIT, (f"{base}/{quote('/'.join(path))}.rss?{query}",), parts.geturl())
    if path[:1] == ["r"] and len(path) > 1:
        return AddressPlan(SourceKind.REDDIT, (f"{base}/r/{quote(path[1])}/new/.rss",), f"{base}/r/{quote(path[1])}/")
    if path[:1] in (["user"], ["u"]) and len(path) > 1:
        return AddressPlan(SourceKind.REDDIT, (f"{base}/user/{quote(path[1])}/.rss",), f"{base}/user/{quote(path[1])}/")
    return AddressPlan(SourceKind.REDDIT, (parts.geturl(),))


def _plan_closed_network(parts: SplitResult, bridges: Bridges) -> AddressPlan | None:
    """Return the plan for a page of Facebook, Instagram, Threads, TikTok or X, readable only through a bridge."""
    host = parts.hostname or ""
    site = next(site for domain, site in _CLOSED_NETWORKS.items() if f".{host}".endswith(f".{domain}"))
    if not (bridges.rsshub or bridges.rss_bridge):
        message = _(
            "Halaman Facebook, Instagram, Threads, TikTok, dan X tidak dapat dibaca langsung. Pasang jembatan RSSHub "
            "atau RSS-Bridge lebih dulu (docs/sources.md)."
        )
        raise InvalidInputError("needs a bridge", user_message=message, field="url")
    name = _account_name(site, parts)
    if not name:
        message = _("Alamat itu bukan halaman atau akun. Buka halaman atau akunnya, lalu salin alamatnya dari sana.")
        raise InvalidInputError("no account", user_message=message, field="url")
    return AddressPlan(SourceKind.BRIDGE, tuple(_bridge_addresses(site, name, bridges)), parts.geturl())


def _account_name(site: str, parts: SplitResult) -> str:
    """Return the account that a page belongs to, or "" for a single post, a search or a group."""
    path, number = _path_segments(parts), parse_qs(parts.query).get("id", [""])[0]
    if site == "facebook" and path[:1] == ["pg"]:  # "/pg/Name/posts"
        path = path[1:]
    first = path[0].lower() if path else ""
    if site in ("tiktok", "threads"):  # "/@name"; the short addresses of posts have none
        name = path[0][1:] if first.startswith("@") else ""
    elif site == "facebook" and first.endswith(".php"):  # "profile.php?id=1"
        name = number if first in _NUMBERED_PAGES else ""
    elif site == "facebook" and first in ("people", "pages", "p"):  # "/people/Name/1", "/p/Name-1"
        name = path[-1].rpartition("-")[2] if len(path) > 1 else ""
        name = name if name.isdigit() else ""
    else:
        is_account = first and first not in _NO_ACCOUNT[site] and parts.hostname != "fb.watch"
        name = path[0].removeprefix("@") if is_account else ""
    return name if _NAME.fullmatch(name) else ""


def _bridge_addresses(site: str, name: str, bridges: Bridges) -> list[str]:
    """Return the addresses at which the bridges give an account's posts."""
    hub = {
        "facebook": f"/facebook/page/{name}",
        "instagram": f"/instagram/user/{name}",
        "threads": f"/threads/{name}",
        "tiktok": f"/tiktok/user/@{name}",
        "twitter": f"/twitter/user/{name}",
    }
    asked = {
        "facebook": {"bridge": "FacebookBridge", "context": "User", "u": name},
        "instagram": {"bridge": "InstagramBridge", "context": "Username", "u": name},
        "threads": {"bridge": "ThreadsBridge", "context": "By username", "u": name},
        "tiktok": {"bridge": "TikTokBridge", "context": "By user", "username": f"@{name}"},
        "twitter": {"bridge": "TwitterBridge", "context": "By username", "u": name},
    }
    query = urlencode({"action": "display", **asked[site], "format": "Atom"})
    addresses = [f"{bridges.rsshub.rstrip('/')}{hub[site]}"] if bridges.rsshub else []
    return addresses + ([f"{bridges.rss_bridge.rstrip('/')}/?{query}"] if bridges.rss_bridge else [])


def _plan_bridge_address(parts: SplitResult, bridges: Bridges) -> AddressPlan | None:
    """Return the plan for a bridge's own address: RSS-Bridge on any host, RSSHub only the office's."""
    asked, url, own = parse_qs(parts.query), parts.geturl(), bridges.rsshub.rstrip("/")
    is_bridge = ("bridge" in asked and "action" in asked) or (own and url.startswith(f"{own}/"))
    return AddressPlan(SourceKind.BRIDGE, (url,)) if is_bridge else None


def _plan_mastodon(parts: SplitResult) -> AddressPlan | None:
    """Return the plan for an account or a hashtag.

    The public API is tried first because it gives counts, then the feed that every page has.
    """
    path, host = _path_segments(parts), parts.hostname or ""
    base = f"{parts.scheme}://{parts.netloc}"
    if not host or any(host == other or host.endswith(f".{other}") for other in _NOT_MASTODON):
        return None
    if len(path) == 2 and path[0] == "tags":
        tag = quote(path[1].removesuffix(".rss"))
        tries = (f"{base}/api/v1/timelines/tag/{tag}?limit=40", f"{base}/tags/{tag}.rss")
        return AddressPlan(SourceKind.MASTODON, tries, f"{base}/tags/{tag}")
    if len(path) == 1 and path[0].startswith("@") and not path[0].endswith(".rss"):
        name = quote(path[0][1:])
        tries = (f"{base}/api/v1/accounts/{{id}}/statuses?limit=40&exclude_replies=true", f"{base}/@{name}.rss")
        return AddressPlan(SourceKind.MASTODON, tries, f"{base}/@{name}", f"{base}/api/v1/accounts/lookup?acct={name}")
    return None


_PLANNERS: tuple[tuple[tuple[str, ...], Callable[[SplitResult, Bridges], AddressPlan | None]], ...] = (
    (("news.google.com",), _plan_google_news),
    (("youtube.com",), _plan_youtube),
    (("t.me", "telegram.me"), _plan_telegram),
    (("bsky.app",), _plan_bluesky),
    (("reddit.com",), _plan_reddit),
    (tuple(_CLOSED_NETWORKS), _plan_closed_network),
)
