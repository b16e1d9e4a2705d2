"""``python -m alyslab.cli``, for where the command is not on the path."""

from alyslab.cli import app

app()
