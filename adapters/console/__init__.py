"""The console: server-rendered web pages for the moderators' queue and, in the demo, the chat beside it."""
