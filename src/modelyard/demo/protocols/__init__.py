"""The shapes of answers, a module per family of clients; a route is a function of application and exchange."""
