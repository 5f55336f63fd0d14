"""AWS clients and the requests of services that several helpers use."""
