"""Guards the way of events in front of a function: rules of EventBridge and subscriptions of SNS."""
