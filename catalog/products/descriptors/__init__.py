"""Descriptor documents in, products and contracts out (INTERFACE §4, §4a)."""

from catalog.products.descriptors.processing import TooLarge, process, process_files
from catalog.products.descriptors.report import DocumentReport, Report

__all__ = ["DocumentReport", "Report", "TooLarge", "process", "process_files"]
