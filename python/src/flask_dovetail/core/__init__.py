"""What every floor above stands on: settings, state, errors, times, and who somebody is."""
