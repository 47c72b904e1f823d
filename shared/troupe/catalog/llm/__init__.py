"""Model providers: one wire format a file; prices and abilities are data."""
