"""The demo: a small community on this machine, a scene to play, logs to replay, and the desk beside it."""
