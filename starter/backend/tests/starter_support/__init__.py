"""What the tests of the starter share: visitors, their pictures, and the app on its real server."""
