"""AWS clients and the formats of services that several helpers use."""
