"""OpenID Connect client: the authorization code flow with PKCE, up to the verified identity.

1. ``begin_sign_on`` creates state, nonce and PKCE verifier, which stay in the signed session, and returns the
   provider's address.
2. The provider sends the browser back with a code. ``finish_sign_on`` compares the state, exchanges the code, and
   verifies the ID token: signature by the provider's published keys, issuer, audience, times, nonce.

Specifications: OpenID Connect Core 1.0 (section 3.1.3.7), Discovery 1.0, RFC 7636, RFC 9207, RFC 9700.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

import sqlalchemy as sa
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from flask_babel import gettext as _
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hoax_tracker.clock import is_recent
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.config.sign_on_providers import SignOnProvider
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.fetch.client import Fetcher
from hoax_tracker.core.fetch.errors import FetchError
from hoax_tracker.errors import HoaxTrackerError, NotFoundError
from hoax_tracker.models import Officer, OfficerIdentity, db

# Public-key signatures only: with HS256 the client's secret would sign, and "none" signs nothing.
ACCEPTED_ALGORITHMS = ["RS256", "PS256", "ES256", "RS384", "ES384", "RS512", "ES512", "EdDSA"]
DISCOVERY_PATH = "/.well-known/openid-configuration"
ATTEMPT_LIFETIME = timedelta(minutes=10)
CLOCK_LEEWAY_S = 120
ANSWER_LIMIT_BYTES = 256 * 1024
TIMEOUT_S = 10


class SignOnError(HoaxTrackerError):
    """Sign-on failed; ``str(error)`` is the reason for the log, ``user_message`` the officer's next step."""


@dataclass(frozen=True)
class SignOnAttempt:
    """The attempt stored in the session during a visit to the provider; ``began``: seconds since 1970."""

    provider: str
    state: str
    nonce: str
    verifier: str
    began: int
    next_page: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the attempt as JSON values for the session."""
        return asdict(self)


@dataclass(frozen=True)
class ProviderMetadata:
    """The used part of a discovery document; ``sends_issuer``: answers name the issuer (RFC 9207)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    accepts_basic_authentication: bool
    sends_issuer: bool


@dataclass(frozen=True)
class Identity:
    """A person at a provider: ``subject`` never changes; ``email`` is "" unless the provider verified it."""

    issuer: str
    subject: str
    email: str


def provider_fetcher(provider: SignOnProvider) -> Fetcher:
    """Return the guarded client.

    It reaches the office network only where the provider's section allows it.
    """
    hosts = frozenset({provider.host_and_port})
    return Fetcher(
        hosts if provider.is_on_this_machine else frozenset(),
        private=hosts if provider.is_private else frozenset(),
        timeout_s=TIMEOUT_S,
        connect_timeout_s=TIMEOUT_S / 2,
        size_limit_bytes=ANSWER_LIMIT_BYTES,
        max_redirects=0,
    )


def begin_sign_on(
    provider: SignOnProvider, fetcher: Fetcher, *, callback: str, next_page: str, now: datetime
) -> tuple[str, SignOnAttempt]:
    """Return the provider's address for the browser, and the attempt to store. Raises SignOnError."""
    metadata = _discover_provider(provider, fetcher)
    attempt = SignOnAttempt(
        provider=provider.name,
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(64),
        began=int(now.timestamp()),
        next_page=next_page,
    )
    query = urlencode(
        {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": callback,
            "scope": "openid email",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": create_s256_code_challenge(attempt.verifier),
            "code_challenge_method": "S256",
            "prompt": provider.prompt,
        }
    )
    separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
    return f"{metadata.authorization_endpoint}{separator}{query}", attempt


def finish_sign_on(
    provider: SignOnProvider,
    fetcher: Fetcher,
    remembered: Mapping[str, Any] | None,
    answer: Mapping[str, str],
    *,
    callback: str,
    now: datetime,
) -> Identity:
    """Return the identity that the provider confirms. ``answer`` holds the callback's arguments.

    Raises SignOnError.
    """
    attempt = _require_attempt(provider, remembered, answer, now)
    metadata = _discover_provider(provider, fetcher)
    _require_issuer_of_answer(provider, metadata, answer)
    if "error" in answer:
        raise _sign_on_error(f"the provider answered {answer['error'][:64]!r}", _refused_message(provider))
    tokens = _exchange_code(provider, metadata, fetcher, answer.get("code", ""), attempt.verifier, callback)
    claims = _verify_id_token(provider, metadata, fetcher, tokens, attempt.nonce, now)
    is_verified = claims.get("email_verified") is True and isinstance(claims.get("email"), str)
    email = claims["email"].strip().lower() if is_verified else ""
    return Identity(provider.issuer, str(claims["sub"])[:255], email)


def _require_attempt(
    provider: SignOnProvider, remembered: Mapping[str, Any] | None, answer: Mapping[str, str], now: datetime
) -> SignOnAttempt:
    """Return the attempt that the answer belongs to.

    Raises SignOnError for a foreign, expired or repeated answer.
    """
    message = _("Percobaan masuk itu sudah berakhir. Mulai lagi dari halaman masuk.")
    try:
        attempt = SignOnAttempt(**(remembered or {}))
        began = datetime.fromtimestamp(attempt.began, tz=now.tzinfo)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise _sign_on_error("no attempt is under way in this browser", message) from error
    if attempt.provider != provider.name or not is_recent(began, ATTEMPT_LIFETIME, now):
        raise _sign_on_error("the attempt is old, or was made at another provider", message)
    if not secrets.compare_digest(attempt.state.encode(), answer.get("state", "").encode()):
        raise _sign_on_error("the answer carries another state", message)
    return attempt


def _require_issuer_of_answer(provider: SignOnProvider, metadata: ProviderMetadata, answer: Mapping[str, str]) -> None:
    """Raise SignOnError where another provider answered (mix-up attack, RFC 9207)."""
    named = answer.get("iss")
    if named is None and not metadata.sends_issuer:
        return
    if named != provider.issuer:
        raise _sign_on_error("the answer names another issuer", _refused_message(provider))


def _discover_provider(provider: SignOnProvider, fetcher: Fetcher) -> ProviderMetadata:
    """Return the provider's metadata, fetched each time because sign-ons are rare. Raises SignOnError."""
    document = _fetch_json(provider, fetcher, provider.issuer.rstrip("/") + DISCOVERY_PATH)
    if document.get("issuer") != provider.issuer:
        raise _sign_on_error("the discovery document names another issuer", _unreachable_message(provider))
    authorization, token, keys = (
        str(document.get(key, "")) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    )
    if not all(_is_endpoint(provider, endpoint) for endpoint in (authorization, token, keys)):
        raise _sign_on_error("the discovery document lacks an https endpoint", _unreachable_message(provider))
    methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return ProviderMetadata(
        authorization_endpoint=authorization,
        token_endpoint=token,
        jwks_uri=keys,
        accepts_basic_authentication="client_secret_basic" in methods,
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _is_endpoint(provider: SignOnProvider, address: str) -> bool:
    """Tell whether an endpoint uses https; http is allowed for a provider on this machine."""
    scheme = urlsplit(address).scheme
    return scheme == "https" or (scheme == "http" and provider.is_on_this_machine)


def _exchange_code(
    provider: SignOnProvider, metadata: ProviderMetadata, fetcher: Fetcher, code: str, verifier: str, callback: str
) -> dict[str, Any]:
    """Return the tokens for a code. Raises SignOnError, also for a code that was used before."""
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback, "code_verifier": verifier}
    headers = {"Accept": "application/json"}
    if metadata.accepts_basic_authentication:
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        fields |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    try:
        return _parse_json_object(fetcher.post_for_response(metadata.token_endpoint, fields, headers).body)
    except (FetchError, ValueError) as error:
        raise _sign_on_error(f"the code was not exchanged: {error}", _refused_message(provider)) from error


def _verify_id_token(
    provider: SignOnProvider,
    metadata: ProviderMetadata,
    fetcher: Fetcher,
    tokens: Mapping[str, Any],
    nonce: str,
    now: datetime,
) -> Mapping[str, Any]:
    """Return the claims of the ID token. Raises SignOnError unless it is valid for this attempt."""
    try:
        keys = KeySet.import_key_set(cast(Any, _fetch_json(provider, fetcher, metadata.jwks_uri)))
        token = jwt.decode(str(tokens.get("id_token", "")), keys, algorithms=ACCEPTED_ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
            "nonce": {"essential": True},
        }
        parameters = {"client_id": provider.client_id, "nonce": nonce, "access_token": tokens.get("access_token")}
        claims = CodeIDToken(token.claims, token.header, options, parameters)
        claims.validate(now=int(now.timestamp()), leeway=CLOCK_LEEWAY_S)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _sign_on_error(f"the ID token is not valid: {error}", _refused_message(provider)) from error
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise _sign_on_error("the ID token has no subject", _refused_message(provider))
    return dict(claims)


def _fetch_json(provider: SignOnProvider, fetcher: Fetcher, url: str) -> dict[str, Any]:
    """Return the JSON object at one of the provider's addresses. Raises SignOnError."""
    try:
        return _parse_json_object(fetcher.get(url).body)
    except (FetchError, ValueError) as error:
        raise _sign_on_error(
            f"the provider does not answer as it should: {error}", _unreachable_message(provider)
        ) from error


def _parse_json_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises ValueError for anything else."""
    parsed = json.loads(body)
    if not isinstance(parsed, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - as the parser raises for what is no JSON
    return parsed


def _sign_on_error(reason: str, user_message: str) -> SignOnError:
    """Return the error with the reason for the log and the message for the officer."""
    return SignOnError(reason, user_message=user_message)


def _refused_message(provider: SignOnProvider) -> str:
    """Return the message for a provider's answer that cannot be accepted."""
    message: str = _(
        "Masuk lewat %(label)s tidak berhasil. Coba sekali lagi; bila tetap gagal, hubungi administrator.",
        label=provider.label,
    )
    return message


def _unreachable_message(provider: SignOnProvider) -> str:
    """Return the message for a provider that does not answer."""
    message: str = _(
        "%(label)s sedang tidak dapat dihubungi. Coba lagi nanti, atau masuk dengan kata sandi.", label=provider.label
    )
    return message


def officer_for_identity(identity: Identity) -> tuple[Officer, bool]:
    """Return the active officer of an identity, and whether the two are linked already. Raises SignOnError."""
    officer = _find_joined_officer(identity)
    is_joined = officer is not None
    officer = officer or _find_officer_by_email(identity)
    if not officer.may_sign_in:
        raise _unknown_officer_error("the officer's account or unit is closed")
    return officer, is_joined


def _find_joined_officer(identity: Identity) -> Officer | None:
    """Return the officer linked to the identity, if any."""
    joined = sa.select(OfficerIdentity.officer_id).filter_by(issuer=identity.issuer, subject=identity.subject)
    return db.session.scalar(sa.select(Officer).where(Officer.id.in_(joined)))


def _find_officer_by_email(identity: Identity) -> Officer:
    """Return the officer with the verified address of an identity. Raises SignOnError."""
    if not identity.email:
        raise _unknown_officer_error("the provider did not verify the address")
    officer = db.session.scalar(sa.select(Officer).where(Officer.email == identity.email))
    if officer is None:
        raise _unknown_officer_error("no officer has that address")
    if db.session.scalar(sa.select(OfficerIdentity.id).filter_by(officer_id=officer.id, issuer=identity.issuer)):
        # The address was given to somebody else, or the account at the provider was made anew: a person decides that.
        raise _unknown_officer_error("the officer is joined to another account at this provider")
    return officer


def join_identity(officer: Officer, issuer: str, subject: str, now: datetime) -> None:
    """Join an identity to an officer who gave everything that is asked for, in the current transaction."""
    db.session.add(OfficerIdentity(officer_id=officer.id, issuer=issuer, subject=subject, joined_at=now))
    detail = {"issuer": issuer}
    audit_log.record_event("identity_joined", f"officer:{officer.id}", officer=officer, now=now, detail=detail)


@dataclass(frozen=True)
class JoinedIdentity:
    """An identity as its officer and administrators see it: the provider's name, and since when."""

    id: int
    label: str
    joined_at: datetime


def list_joined_identities(officer: Officer) -> list[JoinedIdentity]:
    """Return an officer's identities, the oldest first. A provider that is set no longer is named by its address."""
    labels = {provider.issuer: provider.label for provider in current_settings().sign_on}
    rows = db.session.scalars(sa.select(OfficerIdentity).filter_by(officer_id=officer.id).order_by(OfficerIdentity.id))
    return [JoinedIdentity(row.id, labels.get(row.issuer, row.issuer), row.joined_at) for row in rows]


def unlink_own_identity(officer_id: int, identity_id: int, now: datetime) -> None:
    """Delete one of one's own identities: the next sign-on links again by address. Raises NotFoundError."""
    with write_transaction():
        officer = lock_row(Officer, officer_id)
        row = require_identity(officer_id, identity_id)
        detail = {"issuer": row.issuer}
        db.session.delete(row)
        audit_log.record_event("identity_removed", f"officer:{officer_id}", officer=officer, now=now, detail=detail)


def require_identity(officer_id: int, identity_id: int) -> OfficerIdentity:
    """Return one of the officer's identities. Raises NotFoundError, also for another officer's."""
    row = db.session.scalar(sa.select(OfficerIdentity).filter_by(id=identity_id, officer_id=officer_id))
    if row is None:
        raise NotFoundError(f"officer {officer_id} has no identity {identity_id}")
    return row


def forget_identities(
    officer: Officer, keys: Collection[int] | None = None, *, by: Officer | None, now: datetime
) -> int:
    """Forget an officer's identities (None: all) in the current transaction; return how many.

    The next sign-on joins anew.
    """
    deletion = sa.delete(OfficerIdentity).filter_by(officer_id=officer.id)
    if keys is not None:
        deletion = deletion.where(OfficerIdentity.id.in_(keys))
    removed = int(db.session.execute(deletion).rowcount)  # type: ignore[attr-defined]
    if removed:
        audit_log.record_event("identity_removed", f"officer:{officer.id}", officer=by, now=now)
    return removed


def _unknown_officer_error(reason: str) -> SignOnError:
    """Return the error for a person without an account.

    It never reveals whether an officer has an address.
    """
    message = _("Akun itu tidak terdaftar sebagai petugas di sini. Hubungi administrator.")
    return SignOnError(reason, user_message=message)
