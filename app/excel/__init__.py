"""Excel in and out: hostile workbooks read exactly, declarations inferred, workbooks written.

Kept free of imports: the reader's child process starts with this package and must start fast.
"""
