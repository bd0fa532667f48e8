"""`spp-verify`: checks the books offline. It shares no code with the program that writes them but the row encodings."""
