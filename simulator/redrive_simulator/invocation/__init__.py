"""What Lambda does between a source and a handler."""
