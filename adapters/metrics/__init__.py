"""Figures for Prometheus; the only room that imports its client."""
