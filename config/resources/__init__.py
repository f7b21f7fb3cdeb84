"""The directory of services: what ships, a file a country, and what owners wrote down beside their communities file."""
