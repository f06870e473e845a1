"""The stores of logins: one protocol, in SQL and in Valkey."""
