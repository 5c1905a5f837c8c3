"""Values in one form, whichever way they came in: each function returns the form in which a value
is kept or compared, the same for what it returned before, and None for what it cannot read."""
