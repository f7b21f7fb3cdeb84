"""`lightkeeper …` as a process: what an interruption does, and the exit codes that scripts read.

0 fine · 1 something to report · 2 usage · 78 configuration refused. The commands are in `bots.commands`, loaded after
an interruption no longer means a traceback.
"""

import signal
import sys

REFUSED = 78


def main() -> None:
    """The console script."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from bots.commands import app
    from core.errors import ConfigurationRefused

    try:
        app()
    except ConfigurationRefused as error:
        sys.stderr.write(f"lightkeeper: configuration refused: {error}\n")
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
