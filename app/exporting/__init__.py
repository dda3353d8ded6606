"""From records to a file: what a sheet shows, a template to fill in, files made in the background."""
