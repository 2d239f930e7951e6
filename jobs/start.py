"""Begins a process: settings, log and database, the same for each; `Started` is what it gets."""

from dataclasses import dataclass

from bot.logging import configure
from bot.redaction import Redactor
from bot.settings import Settings, SettingsError
from jobs.refusal import refuse
from records.database import Database, migrate, open_database


@dataclass(frozen=True)
class Started:
    """What every process has before it does anything of its own."""

    settings: Settings
    database: Database
    redactor: Redactor

    @property
    def secret(self) -> bytes:
        """What the markers of the bot's own comments are made with."""
        return self.settings.webhook_secret.get_secret_value().encode()


def start() -> Started:
    """Read the settings, begin the log, bring the database up to date; exits if it cannot."""
    try:
        settings = Settings.load()
    except SettingsError as wrong:
        refuse(str(wrong))
    redactor = Redactor(settings.secrets())
    configure(log_format=settings.log_format, level=settings.log_level, redactor=redactor)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    migrate(settings.database())
    return Started(settings, open_database(settings.database()), redactor)
