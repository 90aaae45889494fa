"""Running Meshport on one machine: embedded services, supervisor, checks.

Everything here works before Django settings exist, except `management/`.
"""
