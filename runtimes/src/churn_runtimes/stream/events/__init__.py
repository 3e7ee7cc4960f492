"""Features on the fly in the worker: customers' states from a topic of events, beside the topic of customers."""
