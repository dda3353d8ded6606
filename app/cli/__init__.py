"""The ``taizhang`` command. Exit 0: done; 1: refused, with reasons; 2: wrong usage. ``--json`` answers for machines."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import OperationalError

import config
from app.change.lock import Busy
from app.cli import asof, data, log, personal, seals, system
from app.cli.common import Refused, say


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Taizhang 台账: governed ledgers."""


for module in (system, data, log, asof, personal, seals):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Run the command line."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except config.SettingsError as error:
        say(str(error), err=True)
        sys.exit(2)
    except Refused as refused:
        refused.show()
        sys.exit(1)
    except Busy:
        say("别人正在写入，请稍后再试 / somebody else is writing, please try again", err=True)
        sys.exit(1)
    except OperationalError as error:
        say(
            f"连不上数据库，请检查地址和服务 / the database cannot be used: {str(error.orig).strip()}",
            err=True,
        )
        sys.exit(1)
