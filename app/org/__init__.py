"""Departments as a tree, and who belongs where. People are FAB's users."""

from app.org.models import Department, Membership

__all__ = ["Department", "Membership"]
