"""The floor under all others: settings, state, errors, times and identity."""
