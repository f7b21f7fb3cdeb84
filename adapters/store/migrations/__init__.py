"""The database's shape, revision by revision; `opening` runs them when a database is opened."""
