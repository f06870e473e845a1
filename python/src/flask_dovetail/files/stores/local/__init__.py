"""Store bytes in a folder of this machine, behind signed addresses that the app itself serves."""
