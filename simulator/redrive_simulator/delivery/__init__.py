"""Brings events to queues, topics, functions and buses: destinations, subscriptions, rules, notifications."""
