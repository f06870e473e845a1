"""The pure part of files: no Flask, no IO, no clock."""
