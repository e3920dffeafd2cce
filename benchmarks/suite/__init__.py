"""The benchmark suite. `main` is where it begins; each `rows_*` module holds a group of rows."""
