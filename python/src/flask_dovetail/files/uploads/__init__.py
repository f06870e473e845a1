"""An upload from its announcement to the committed file."""
