"""The wire: WebSocket, Engine.IO and Socket.IO. It knows no people."""
