"""One file a command; each is a few lines that wire edges together and call them."""
