"""组织与产品: regions, employees, products, and the rules of the tree of departments.

The workbook is declared in ``app.org``, beside departments.
"""
