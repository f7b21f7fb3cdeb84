"""Builds the shipped models from data; nothing else imports it."""
