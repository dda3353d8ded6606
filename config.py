"""Settings: read once from the environment, wrong values refused with a line that says what is allowed.

Every variable is described in ``docs/settings.md``; a test keeps the two in step.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

ROOT = Path(__file__).resolve().parent
MINIMUM_KEY_LENGTH = 32


class SettingsError(ValueError):
    """A setting has a value the system cannot run with; the message names the variable and what is allowed."""


def env_int(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """An integer between `low` and `high`."""
    text = environ.get(name, str(default))
    if not text.lstrip("-").isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text!r}: must be a whole number from {low} to {high}")
    return int(text)


def env_bool(environ: Mapping[str, str], name: str, default: bool) -> bool:
    """A yes or no, written 1/0, true/false, yes/no or on/off."""
    text = environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise SettingsError(f"{name}={text!r}: must be 1 or 0 (or true/false, yes/no, on/off)")


def env_choice(environ: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    text = environ.get(name, default)
    if text not in allowed:
        raise SettingsError(f"{name}={text!r}: must be one of {', '.join(allowed)}")
    return text


def env_secret(environ: Mapping[str, str], name: str) -> str:
    """A secret, from the variable itself or from the file that ``<name>_FILE`` names; empty if neither is set."""
    file = environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE={file!r}: cannot be read ({error.strerror})") from None
    return environ.get(name, "")


@dataclass(frozen=True)
class Settings:
    """What one running system is told from outside. Sizes in bytes, times in seconds unless said otherwise."""

    home: Path = field(default_factory=lambda: ROOT / "var")
    database_url: str = ""
    owner_database_url: str = ""
    secret_key: str = ""
    environment: str = "development"
    host: str = "127.0.0.1"
    port: int = 8080
    threads: int = 8
    zone: str = "Asia/Shanghai"
    now: datetime | None = None
    locale: str = "zh"
    company: str = "云溪酒业"
    max_upload: int = 50 * 1024 * 1024
    max_rows: int = 1_048_576
    session_idle: int = 8 * 3600
    session_absolute: int = 24 * 3600
    login_limit: str = "10 per minute"
    cookie_secure: bool = False
    jobs: str = "process"
    seal_key: str = ""
    anchor: str = ""
    webhook: str = ""
    export_at_once: int = 5_000
    keep_exports: int = 7
    keep_imports: int = 365
    export_folder: str = ""
    mail_url: str = ""
    mail_from: str = ""
    mail_domains: tuple[str, ...] = ()
    packages: tuple[str, ...] = ("models", "views")
    seeds: str = "seeds"

    @property
    def url(self) -> str:
        """The database the application uses; a file in `home` unless TAIZHANG_DATABASE_URL names a server."""
        return self.database_url or f"sqlite:///{self.home / 'taizhang.db'}"

    @property
    def owner_url(self) -> str:
        """The database as its owner: used only by migrate and seal."""
        return self.owner_database_url or self.url

    @property
    def seal_key_file(self) -> Path:
        """The private key that seals the log; the public key is beside it."""
        return Path(self.seal_key) if self.seal_key else self.home / "seal" / "private.pem"

    @property
    def anchor_file(self) -> Path:
        """The file outside the database that gets a line for every seal."""
        return Path(self.anchor) if self.anchor else self.home / "seal" / "anchor.jsonl"

    def __post_init__(self) -> None:
        if self.secret_key and len(self.secret_key) < MINIMUM_KEY_LENGTH:
            raise SettingsError(f"TAIZHANG_SECRET_KEY: must have at least {MINIMUM_KEY_LENGTH} characters")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(
                f"TAIZHANG_ZONE={self.zone!r}: must be a time zone such as Asia/Shanghai"
            ) from None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises SettingsError, which names the variable, on the first wrong value."""
    env = os.environ if environ is None else environ
    base = Settings()
    environment = env_choice(env, "TAIZHANG_ENV", "development", ("development", "production"))
    url = env.get("TAIZHANG_DATABASE_URL", "")
    for name in ("TAIZHANG_DATABASE_URL", "TAIZHANG_OWNER_DATABASE_URL"):
        text = env.get(name, "")
        if text and not text.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise SettingsError(f"{name}: must start with sqlite:/// or postgresql+psycopg://")
    now = env.get("TAIZHANG_NOW", "")
    try:
        frozen = datetime.fromisoformat(now) if now else None
    except ValueError:
        raise SettingsError(f"TAIZHANG_NOW={now!r}: must be like 2026-01-02T03:04:05+08:00") from None
    if frozen is not None and frozen.tzinfo is None:
        frozen = frozen.replace(tzinfo=ZoneInfo(env.get("TAIZHANG_ZONE", base.zone)))
    return Settings(
        home=Path(env.get("TAIZHANG_HOME", str(base.home))).absolute(),
        database_url=url,
        owner_database_url=env.get("TAIZHANG_OWNER_DATABASE_URL", ""),
        secret_key=env_secret(env, "TAIZHANG_SECRET_KEY"),
        environment=environment,
        host=env.get("TAIZHANG_HOST", base.host),
        port=env_int(env, "TAIZHANG_PORT", base.port, 1, 65535),
        threads=env_int(env, "TAIZHANG_THREADS", base.threads, 2, 64),
        zone=env.get("TAIZHANG_ZONE", base.zone),
        now=frozen.astimezone(UTC) if frozen else None,
        locale=env_choice(env, "TAIZHANG_LOCALE", base.locale, ("zh", "en")),
        company=env.get("TAIZHANG_COMPANY", base.company),
        max_upload=env_int(env, "TAIZHANG_MAX_UPLOAD_MB", 50, 1, 1024) * 1024 * 1024,
        max_rows=env_int(env, "TAIZHANG_MAX_ROWS", base.max_rows, 1, 1_048_576),
        session_idle=env_int(env, "TAIZHANG_SESSION_IDLE_MINUTES", 480, 1, 43_200) * 60,
        session_absolute=env_int(env, "TAIZHANG_SESSION_HOURS", 24, 1, 720) * 3600,
        login_limit=env.get("TAIZHANG_LOGIN_LIMIT", base.login_limit),
        cookie_secure=env_bool(env, "TAIZHANG_COOKIE_SECURE", environment == "production"),
        seal_key=env.get("TAIZHANG_SEAL_KEY", ""),
        anchor=env.get("TAIZHANG_ANCHOR", ""),
        webhook=_web_address(env, "TAIZHANG_WEBHOOK"),
        export_at_once=env_int(env, "TAIZHANG_EXPORT_AT_ONCE", base.export_at_once, 0, 1_048_576),
        keep_exports=env_int(env, "TAIZHANG_KEEP_EXPORTS", base.keep_exports, 1, 365),
        keep_imports=env_int(env, "TAIZHANG_KEEP_IMPORTS", base.keep_imports, 0, 3650),
        export_folder=env.get("TAIZHANG_EXPORT_FOLDER", ""),
        mail_url=_mail_server(env, "TAIZHANG_MAIL_URL"),
        mail_from=env.get("TAIZHANG_MAIL_FROM", ""),
        mail_domains=tuple(filter(None, re.split(r"[\s,;@]+", env.get("TAIZHANG_MAIL_DOMAINS", "").lower()))),
        jobs=env_choice(env, "TAIZHANG_JOBS", base.jobs, ("process", "inline", "off")),
    )


def _web_address(environ: Mapping[str, str], name: str) -> str:
    text = environ.get(name, "")
    if text and not text.startswith(("http://", "https://")):
        raise SettingsError(f"{name}={text!r}: must start with http:// or https://")
    return text


def _mail_server(environ: Mapping[str, str], name: str) -> str:
    text = env_secret(environ, name)
    if text and (urlsplit(text).scheme not in ("smtp", "smtps") or not urlsplit(text).hostname):
        raise SettingsError(
            "TAIZHANG_MAIL_URL (or the file TAIZHANG_MAIL_URL_FILE): "
            "must be like smtp://user:password@host:587 or smtps://…"
        )
    if text and "@" not in environ.get("TAIZHANG_MAIL_FROM", ""):
        raise SettingsError("TAIZHANG_MAIL_FROM: must be an address when TAIZHANG_MAIL_URL is set")
    return text


def secret_key(settings: Settings) -> str:
    """The key that signs cookies and tokens: the setting, else one made on first start and kept in `home`.

    In production the setting is required, so that a copied demo folder never runs with a key others know.
    """
    if settings.secret_key:
        return settings.secret_key
    if settings.environment == "production":
        raise SettingsError("TAIZHANG_SECRET_KEY: must be set in production (or TAIZHANG_SECRET_KEY_FILE)")
    path = settings.home / "keys" / "secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def flask_config(settings: Settings) -> dict[str, Any]:
    """The Flask and FAB configuration that follows from the settings."""
    return {
        "SECRET_KEY": secret_key(settings),
        "SQLALCHEMY_DATABASE_URI": settings.url,
        "SQLALCHEMY_TRACK_MODIFICATIONS": False,
        "MAX_CONTENT_LENGTH": settings.max_upload,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.cookie_secure,
        "SESSION_COOKIE_NAME": "taizhang",
        "PERMANENT_SESSION_LIFETIME": settings.session_absolute,
        # An answer still on its way must not bring back what was in the cookie before, the language say.
        "SESSION_REFRESH_EACH_REQUEST": False,
        "WTF_CSRF_ENABLED": True,
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "APP_NAME": "台账",
        "COMPANY": settings.company,
        "FAB_CREATE_DB": False,
        "FAB_UPDATE_PERMS": False,
        "FAB_ADD_SECURITY_API": False,
        "FAB_BASE_TEMPLATE": "appbuilder/baselayout.html",
        "FAB_SECURITY_MANAGER_CLASS": "app.fab.security.TaizhangSecurityManager",
        "FAB_INDEX_VIEW": "views.home.HomeView",
        "FAB_API_SWAGGER_UI": True,
        "FAB_SAFE_REDIRECT_HOSTS": [],
        "FAB_PASSWORD_COMPLEXITY_ENABLED": True,
        "FAB_ROLES": {},
        "AUTH_TYPE": 1,
        "AUTH_ROLE_ADMIN": "Admin",
        "AUTH_ROLE_PUBLIC": "Public",
        "AUTH_USER_REGISTRATION": False,
        "AUTH_RATE_LIMITED": True,
        "AUTH_RATE_LIMIT": settings.login_limit,
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": "memory://",
        "BABEL_DEFAULT_LOCALE": settings.locale,
        "BABEL_DEFAULT_TIMEZONE": settings.zone,
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "translations"),
        "LANGUAGES": {
            "zh": {"flag": "cn", "name": "简体中文"},
            "en": {"flag": "us", "name": "English"},
        },
    }
