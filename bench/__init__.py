"""Measurements as ratios, side by side in one run: ``make bench``. Nothing here is a test, no time is a promise."""
