"""What runs in the data centre: gateways, services, queue, workers, caches, notification, and the push provider."""
