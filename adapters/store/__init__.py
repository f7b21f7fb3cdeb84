"""Store and Intake over SQLAlchemy Core, the same statements for SQLite and PostgreSQL.

`database.Database` opens both. Below it: `writer` commits in groups; `units` writes one decision with the help of
`cases`, `texts`, `outbox`, `timers` and `audit`; `intake` keeps what came in; `keys`, `master` and `sealing` keep
texts unreadable at rest; `tables` and `migrations` say what there is.
"""
