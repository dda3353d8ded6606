"""From a file to a change set: read a sheet as its owner means it, match records, preview, write, hand back errors."""
