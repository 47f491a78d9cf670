"""Passkeys (WebAuthn): a key in the officer's device answers a challenge, for this site only."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import webauthn
from flask_babel import gettext as _
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hoax_tracker.accounts.second_factor.code_app import ISSUER
from hoax_tracker.accounts.second_factor.factors import finish_adding
from hoax_tracker.accounts.second_factor.verification import (
    BAD_ANSWER,
    Challenge,
    bad_answer_error,
    begin_challenge,
    end_challenge,
    read_answer,
    relying_party,
    site_origin,
)
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import derivation_key
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer, Passkey, db

MAX_PASSKEYS = 10


# Adding one


def creation_options(person: Officer, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return the options with which a browser creates a passkey for the officer."""
    options = webauthn.generate_registration_options(
        rp_id=relying_party(settings),
        rp_name=ISSUER,
        user_id=_user_handle(person.id, settings.contact_key),
        user_name=person.email,
        user_display_name=person.name,
        challenge=begin_challenge(f"add:{person.id}", now),
        # Found without a name being typed, behind a finger or a PIN: it takes the place of password and code.
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_known_credentials(person.id),
    )
    return options_to_json_dict(options)


def _user_handle(officer_id: int, key: str) -> bytes:
    """Return the officer's WebAuthn user handle: the same for each passkey, and without personal data."""
    return hmac.new(derivation_key(key), f"hoax-tracker passkey|{officer_id}".encode(), hashlib.sha256).digest()


def _known_credentials(officer_id: int) -> list[PublicKeyCredentialDescriptor]:
    """Return the officer's passkeys as credential descriptors for browsers."""
    credential_ids = db.session.scalars(sa.select(Passkey.credential_id).filter_by(officer_id=officer_id))
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(credential_id)) for credential_id in credential_ids]


def add_passkey(officer_id: int, credential: str, name: str, *, settings: Settings, now: datetime) -> list[str]:
    """Add a passkey that a device created. Return recovery codes where the officer had no factor.

    Raises InvalidInputError for an answer to another challenge or from another site, a known key, or one too many.
    """
    challenge, answer = end_challenge(f"add:{officer_id}", now), read_answer(credential)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge.value,
            expected_rp_id=relying_party(settings),
            expected_origin=site_origin(settings),
            require_user_verification=True,
        )
    except BAD_ANSWER as error:
        raise bad_answer_error(str(error)) from error
    with write_transaction():
        person = lock_row(Officer, officer_id)
        row = Passkey(
            officer_id=officer_id,
            name=" ".join(name.split())[:60] or str(_("Kunci sandi")),
            credential_id=_require_new_credential(officer_id, bytes_to_base64url(made.credential_id)),
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            last_challenge=challenge.made,
            added_at=now,
        )
        db.session.add(row)
        return finish_adding(person, {"kind": "passkey", "name": row.name}, key=settings.contact_key, now=now)


def _require_new_credential(officer_id: int, credential_id: str) -> str:
    """Return the credential id. Raises InvalidInputError for a known key, or one too many."""
    if len(credential_id) > 1400 or db.session.scalar(sa.select(Passkey.id).filter_by(credential_id=credential_id)):
        raise bad_answer_error("a key that is known")
    if len(_known_credentials(officer_id)) >= MAX_PASSKEYS:
        message = _("Sudah ada %(n)s kunci sandi. Hapus dulu yang tidak dipakai lagi.", n=MAX_PASSKEYS)
        raise InvalidInputError("too many passkeys", user_message=message)
    return credential_id


# Using one


def request_options(purpose: str, officer_id: int | None, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return the options with which a browser asks for the officer's passkeys, or (None) for any.

    Without an officer no password precedes it, so the device must verify its user by fingerprint or PIN.
    """
    alone = officer_id is None
    options = webauthn.generate_authentication_options(
        rp_id=relying_party(settings),
        challenge=begin_challenge(purpose, now),
        allow_credentials=None if officer_id is None else _known_credentials(officer_id),
        user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def verify_passkey(
    purpose: str, credential: str, *, officer_id: int | None, settings: Settings, now: datetime
) -> Officer:
    """Return the officer whose passkey answered the challenge.

    It must be ``officer_id`` unless that is None. Raises InvalidInputError for an answer to another challenge, from
    another site or officer, or a replayed one; NotAllowedError for a closed account.
    """
    challenge, answer = end_challenge(purpose, now), read_answer(credential)
    with write_transaction():
        row = db.session.scalar(
            sa.select(Passkey).filter_by(credential_id=answer["rawId"].rstrip("=")).with_for_update()
        )
        if row is None or officer_id not in (None, row.officer_id):
            raise bad_answer_error("an unknown key, or another officer's")
        if challenge.made <= row.last_challenge:
            raise bad_answer_error("an answer that came before")
        row.sign_count = _verify_signature(row, answer, challenge, settings, alone=officer_id is None)
        row.last_challenge, row.used_at = challenge.made, now
        if not row.officer.may_sign_in:
            raise NotAllowedError("closed account", user_message=_("Akun ini dinonaktifkan. Hubungi administrator."))
        owner_id = row.officer_id
    return db.session.get_one(Officer, owner_id)


def _verify_signature(
    row: Passkey, answer: dict[str, Any], challenge: Challenge, settings: Settings, *, alone: bool
) -> int:
    """Return the device's signature counter.

    Raises InvalidInputError unless this key signed the challenge for this site.
    """
    try:
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.value,
            expected_rp_id=relying_party(settings),
            expected_origin=site_origin(settings),
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=alone,
        ).new_sign_count
    except BAD_ANSWER as error:
        raise bad_answer_error(str(error)) from error
