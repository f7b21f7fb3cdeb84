"""What holds for every test."""

import signal


def pytest_configure() -> None:
    """Started in the background, tests would ignore Ctrl+C, and every process that they start would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
