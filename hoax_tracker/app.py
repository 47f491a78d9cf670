"""The web application: settings, database, sign-in, blueprints, headers, and errors turned into answers.

``create_app()`` is the one way to make it; the command line makes it too, for its database and settings.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from apiflask import APIFlask
from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from hoax_tracker import __version__
from hoax_tracker.claims.public_words.judged_claims import emergency_note
from hoax_tracker.claims.response_targets import deadline_status
from hoax_tracker.core.config.settings import Settings, read_settings
from hoax_tracker.core.database.transactions import (
    engine_options,
    prepare_engine,
    start_read_transactions,
    stop_read_transactions,
)
from hoax_tracker.core.extensions import babel, csrf, migrate, reader_language
from hoax_tracker.core.paths import PACKAGE_FOLDER, shipped_folder
from hoax_tracker.core.web import downloads, error_handlers, request_log, security_headers, template_filters
from hoax_tracker.core.web.downloads import MOST_ROWS
from hoax_tracker.models import db
from hoax_tracker.operations.metrics import Metrics

PAGE_LIMIT_BYTES = 2 * 2**20


class RowIdConverter(IntegerConverter):
    """A number in an address that a row can have; any other is no page, whatever a database would make of it."""

    def __init__(self, map: Map, *arguments: Any, **options: Any) -> None:
        super().__init__(map, *arguments, **({"max": 2**31 - 1} | options))


def create_app(settings: Settings | None = None) -> APIFlask:
    """Return the application for the given settings (default: those of the environment)."""
    settings = settings or read_settings()
    app = APIFlask(
        "hoax_tracker",
        title="Kupang Kabas Hoaks",
        version=__version__,
        template_folder=str(shipped_folder("templates")),
        static_folder=str(PACKAGE_FOLDER / "static"),
        spec_path="/api/openapi.json",
        docs_path=None,
        json_errors=False,
    )
    app.url_map.converters["int"] = RowIdConverter
    app.config.update(_flask_config(settings))
    app.extensions["settings"] = settings
    app.before_request(_begin_request_as_read)  # first: what asks who is signed in begins the transaction
    _prepare_extensions(app)
    _register_blueprints(app)
    error_handlers.register_error_handlers(app)
    template_filters.register_template_filters(app)
    app.jinja_env.globals.update(deadline=deadline_status, most_rows=MOST_ROWS, emergency_note=emergency_note)
    downloads.register_in_memory_requests(app)
    app.teardown_request(_reset_request_reading)
    security_headers.register_security_headers(app)
    attach_middleware(app, settings)
    return app


def attach_middleware(app: Flask, settings: Settings) -> None:
    """Wrap Flask in what refuses in a crowd, answers kept pages, trusts a proxy, and counts requests.

    It replaces an earlier wrapping.
    """
    from hoax_tracker.check.cache.page_cache import CachedPageMiddleware
    from hoax_tracker.check.cache.refusal_page import RefusalMiddleware

    app.extensions["metrics"] = metrics = Metrics()
    refusing = RefusalMiddleware(partial(Flask.wsgi_app, app), app)
    app.wsgi_app = CachedPageMiddleware(refusing)  # type: ignore[method-assign]
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    request_log.register_request_log(app, metrics.count, trusted=settings.behind_proxy)


def _flask_config(settings: Settings) -> dict[str, Any]:
    """Return Flask's configuration for our settings."""
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.testing,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        "MAX_CONTENT_LENGTH": PAGE_LIMIT_BYTES,
        "MAX_FORM_MEMORY_SIZE": PAGE_LIMIT_BYTES,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        # The prefix lets no other host, and no page without TLS, set this cookie.
        "SESSION_COOKIE_NAME": "__Host-sesi" if settings.secure else "sesi",
        "SESSION_COOKIE_PATH": "/",
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,
        "BABEL_DEFAULT_LOCALE": "id",
        "BABEL_TRANSLATION_DIRECTORIES": str(PACKAGE_FOLDER / "translations"),
        "BABEL_DEFAULT_TIMEZONE": "Asia/Makassar",
        "WTF_CSRF_TIME_LIMIT": None,
        # Private pages send no referrer, so it cannot be asked for; the token and SameSite=Lax protect them.
        "WTF_CSRF_SSL_STRICT": False,
        "OPENAPI_VERSION": "3.1.0",
    }


def _prepare_extensions(app: Flask) -> None:
    """Bind the database, migrations, translations, CSRF protection and sign-in."""
    from hoax_tracker.accounts.sign_in import prepare_sign_in

    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    migrate.init_app(app, db, directory=str(PACKAGE_FOLDER / "migrations"), render_as_batch=True)
    babel.init_app(app, locale_selector=reader_language)
    csrf.init_app(app)
    prepare_sign_in(app)


def _register_blueprints(app: APIFlask) -> None:
    """Attach the faces of the stages."""
    from hoax_tracker.accounts.second_factor import sign_in_step as second_step, views as second_factor
    from hoax_tracker.accounts.views import own_account, sign_on
    from hoax_tracker.admin import audit_log_views as audit, overview as accounts
    from hoax_tracker.api import documentation, fact_check_tools, reading_views as reading, views as api
    from hoax_tracker.api.open_data import views as open_data
    from hoax_tracker.authority import views as proposals
    from hoax_tracker.authority.declared import require_declared_routes
    from hoax_tracker.check.views import (
        check,
        clarifications,
        embedding,
        feeds,
        objections,
        reports,
        sharing,
        subscriptions,
        web_app as install,
    )
    from hoax_tracker.clarify.views import (
        channels,
        clarifications as clarify,
        explainers as explainer_drafts,
        objections as objection_desk,
    )
    from hoax_tracker.flag import views as flag
    from hoax_tracker.help import tour as desk_help
    from hoax_tracker.ingest.views import (
        sources as ingest,
        spreadsheets,  # noqa: F401 - it adds to the blueprint of the sources
        websub as hub,
    )
    from hoax_tracker.insight.views import monthly_reports, morning, statistics, yearly_reports
    from hoax_tracker.operations import health_views
    from hoax_tracker.review.views import (
        bulk,
        claims as review,
        evidence,
        my_work as work,
        narratives,
        notes,
        public_questions as demand,
        search,
    )
    from hoax_tracker.tipline import demo_views as demo_chat
    from hoax_tracker.tipline.channels import views as tipline_hooks
    from hoax_tracker.tipline.desk import views as claim_chats

    public = (
        check,
        install,
        clarifications,
        sharing,
        embedding,
        feeds,
        reports,
        objections,
        subscriptions,
        statistics,
        demo_chat,
    )
    desk = (
        review,
        bulk,
        work,
        notes,
        evidence,
        demand,
        narratives,
        claim_chats,
        morning,
        search,
        clarify,
        explainer_drafts,
        objection_desk,
        channels,
        ingest,
        flag,
        monthly_reports,
        yearly_reports,
        accounts,
    )
    account = (own_account, second_step, second_factor, sign_on, proposals, desk_help)
    machines = (api, reading, documentation, open_data, fact_check_tools, health_views, hub, tipline_hooks)
    beside = (  # a module's second blueprint: read with the first, under addresses of its own
        clarifications.guides_bp,
        install.well_known_bp,
        search.pickers_bp,
        morning.early_warning_bp,
        statistics.reach_bp,
        own_account.links_bp,
        fact_check_tools.query_bp,
    )
    for blueprint in (*(face.bp for face in (*public, *desk, audit, *account, *machines)), *beside):
        app.register_blueprint(blueprint)
    csrf.exempt(api.bp)
    require_declared_routes(app.url_map)


def _begin_request_as_read() -> None:
    """Let a request begin its transaction as a read; a service that writes says so with ``write_transaction()``.

    Posted ones too: who is signed in is asked for first, and what was posted may be fetched, read or compared for long
    before anything is written. Only the library that signs in and out commits by itself.
    """
    if request.method in ("GET", "HEAD") or request.blueprint != "security":
        start_read_transactions()


def _reset_request_reading(_error: BaseException | None) -> None:
    """Undo ``_begin_request_as_read`` for the next request of this thread."""
    stop_read_transactions()
