"""Workbooks: hostile ones read exactly, declarations inferred, new ones written.

Reading: `read` asks a limited process (`pipe` here, `child` there, `wire` between) that scans the file (`scan`,
`ole`), parses it (`xlsx` with `numfmt`; `xls` with `biff`; `ods`; `csvfile`) and makes it a table (`shape`).
`contract` has the words, `exact` the numbers and dates, `cells` makes field values, `messages` the sentences.
Inferring: `infer` with `evidence` and `naming`. Writing: `write` with `sheetout` (the sheet around its rows),
`cellxml`, `xmltext`, `styles`, `validation` and `parts`.

Kept free of imports: the reader's process starts with this package and must start fast.
"""
