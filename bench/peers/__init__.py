"""The contenders that are not ours; they run in `.venv-bench`, which `make bench` sets up."""
