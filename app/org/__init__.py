"""Departments as a tree, who belongs where, and business parameters. People are FAB's users."""

from app.org.models import Department, Membership
from app.org.parameters import Parameter, parameter

__all__ = ["Department", "Membership", "Parameter", "parameter"]
