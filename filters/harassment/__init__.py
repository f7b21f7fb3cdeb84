"""Harassment: abuse aimed at a person, told apart from banter, swearing at things and talk about abuse."""
