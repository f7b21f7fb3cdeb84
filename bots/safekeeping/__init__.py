"""Backup and restore as an owner asks for them: the settings' database, its folder, and what to tell afterwards."""
