"""The change log: who acts, the triggers that write it, what guards it, and reading it."""
